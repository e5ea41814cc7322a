"""Names that differ from run to run, in labels and in ARNs; and one name in two regions."""

import itertools
from contextlib import suppress

from sm_emulator.explore.choices import Kinds
from sm_emulator.schedule.schedule import Schedule
from tests.explore import programs as p

TAGS = [{"Key": "a", "Value": "b"}]


def test_a_new_name_in_each_run_has_an_alias_also_in_the_arns_of_tags(search, in_process):
    numbers = itertools.count()

    def tag(scenario):
        sagemaker, name = scenario.client("sagemaker"), f"m-{next(numbers)}"
        arn = sagemaker.create_model(ModelName=name, PrimaryContainer=p.CONTAINER)["ModelArn"]
        sagemaker.add_tags(ResourceArn=arn, Tags=TAGS)

    found = search(tag, kinds=Kinds(faults=("lost", "503")))
    assert [str(each.schedule) for each in found.breaks] == ["CreateModel(Model~1)#1 lost"]
    assert found.counts.tried == 4
    assert found.counts.unmet == 0
    assert in_process(tag)(Schedule.parse("AddTags(model/Model~1)#1 503")).unmet == ()


def test_one_name_in_two_regions_is_two_resources(search):
    def deploy(scenario):
        for region in ("us-east-1", "eu-west-1"):
            with suppress(p.ClientError):  # so that a lost answer is survived
                p.create_model(scenario.client("sagemaker", region_name=region))

    found = search(deploy, kinds=Kinds(faults=("lost",)))
    assert {*found.reference.settled} == {"Model(m)", "Model(us-east-1/m)"}
    assert found.exhausted
