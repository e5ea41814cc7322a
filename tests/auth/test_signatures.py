"""Signature Version 4: what botocore signs is accepted, and what anybody changed after it is not."""

import json
import sys
from dataclasses import replace

import pytest
from botocore import auth
from botocore.credentials import Credentials

from sm_emulator import Emulator
from sm_emulator.auth.verifier import SECRET, Credential, credentials_of, verifier
from sm_emulator.errors import ConfigurationError, ServiceError
from sm_emulator.wire.message import Request
from tests.support.local_gateway import JSON, Local
from tests.support.signing import URL, at, request

NOW = at("20260301T120000Z")
KEYS = Credentials("AKID", "secret")
SESSION = Credentials("ASIA", "secret", "token/with+chars==")
KNOWN = {
    "AKID": Credential("secret"),
    "ASIA": Credential("secret", "token/with+chars=="),
}
VERIFY = verifier(KNOWN)


def header(keys=KEYS, service="sagemaker", region="eu-west-1"):
    return auth.SigV4Auth(keys, service, region)


def query(keys=KEYS, expires=60):
    return auth.SigV4QueryAuth(keys, "sagemaker", "eu-west-1", expires=expires)


def refusal(request_: Request, now: float = NOW, verify=VERIFY) -> ServiceError:
    with pytest.raises(ServiceError) as caught:
        verify(request_, now)
    assert caught.value.status == 400
    return caught.value


SIGNERS = {
    "header": header,
    "query": query,
    "session in headers": lambda: header(SESSION),
    "session in the query": lambda: query(SESSION),
}
URLS = [
    URL,
    f"{URL}endpoints/e/invocations",
    f"{URL}endpoints/a%20b%2Fc/invocations",
    f"{URL}endpoints/d%C3%A9j%C3%A0-vu~1/invocations",
    f"{URL}endpoints//e/./x/../invocations/",
    f"{URL}endpoints/e/invocations?b=2&a=1&a=0&empty=&flag=",
    f"{URL}?text=%C3%A9%20%2B&A=z",
]


@pytest.mark.parametrize("signer", SIGNERS)
@pytest.mark.parametrize("url", URLS)
@pytest.mark.parametrize("body", [b"", b"{}", "déjà vu".encode(), bytes(range(256))])
def test_what_botocore_signs_is_accepted(signer, url, body):
    VERIFY(request(SIGNERS[signer](), NOW, url, body), NOW)


@pytest.mark.parametrize(
    "headers",
    [
        {"X-Amzn-SageMaker-Custom-Attributes": "a   b\t c "},
        {"X-Amzn-SageMaker-Custom-Attributes": "déjà"},
        {"X-Amz-Content-SHA256": "UNSIGNED-PAYLOAD"},
        {"X-Amz-Content-SHA256": "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"},
        {"X-Amz-Content-SHA256": "STREAMING-UNSIGNED-PAYLOAD-TRAILER"},
        {"amz-sdk-invocation-id": "x", "amz-sdk-request": "attempt=1", "User-Agent": "Boto3/1"},
    ],
    ids=str,
)
def test_headers_are_signed_as_botocore_has_them(headers):
    VERIFY(request(header(), NOW, headers=headers), NOW)


@pytest.mark.parametrize("stated", ["UNSIGNED-PAYLOAD", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"])
def test_a_body_that_is_not_signed_may_be_another(stated):
    sent = request(header(), NOW, headers={"X-Amz-Content-SHA256": stated})
    VERIFY(replace(sent, body=b"another"), NOW)


def test_a_hash_that_is_not_the_body_s_is_refused():
    sent = request(header(), NOW, headers={"X-Amz-Content-SHA256": "0" * 64})
    assert refusal(sent).code == "InvalidSignatureException"


CHANGES = {
    "method": lambda sent: replace(sent, method="PUT"),
    "path": lambda sent: replace(sent, path="/endpoints/other"),
    "query": lambda sent: replace(sent, query=f"{sent.query}&more=1"),
    "body": lambda sent: replace(sent, body=b"[]"),
    "host": lambda sent: replace(sent, headers={**sent.headers, "host": "evil"}),
    "no host": lambda sent: replace(
        sent, headers={k: v for k, v in sent.headers.items() if k != "host"}
    ),
}


@pytest.mark.parametrize("signer", SIGNERS)
@pytest.mark.parametrize("change", CHANGES)
def test_what_is_changed_after_it_was_signed_is_refused(signer, change):
    sent = CHANGES[change](request(SIGNERS[signer](), NOW))
    error = refusal(sent)
    assert error.code == "InvalidSignatureException"
    assert error.message.startswith("The request signature we calculated does not match")


def test_a_target_that_is_signed_cannot_be_changed():
    sent = request(header(), NOW)
    other = {**sent.headers, "x-amz-target": "SageMaker.DeleteEndpoint"}
    assert refusal(replace(sent, headers=other)).code == "InvalidSignatureException"


# -- time -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("seconds", [-900, 0, 900])
def test_a_signature_holds_for_15_minutes_either_way(seconds):
    VERIFY(request(header(), NOW), NOW + seconds)


def test_a_signature_of_yesterday_is_expired():
    assert refusal(request(header(), NOW), NOW + 901).message == (
        "Signature expired: 20260301T120000Z is now earlier than 20260301T120001Z "
        "(20260301T121501Z - 15 min.)"
    )


def test_a_signature_of_tomorrow_is_not_yet_current():
    assert refusal(request(header(), NOW), NOW - 901).message == (
        "Signature not yet current: 20260301T120000Z is still later than 20260301T115959Z "
        "(20260301T114459Z + 15 min.)"
    )


def test_a_presigned_url_holds_for_as_long_as_it_says():
    sent = request(query(expires=3600), NOW)
    VERIFY(sent, NOW + 3600)
    assert refusal(sent, NOW + 3601).message.startswith("Signature expired: ")


@pytest.mark.parametrize("expires", ["0", "604801", "x", "-1", "1.5", "", "9" * 5000])
def test_a_presigned_url_must_say_a_time_that_there_is(expires):
    sent = request(query(), NOW)
    wrong = replace(sent, query=sent.query.replace("X-Amz-Expires=60", f"X-Amz-Expires={expires}"))
    assert refusal(wrong).code == "IncompleteSignatureException"


def test_the_date_header_replaces_x_amz_date():
    sent = request(header(), NOW, headers={"Date": "ignored"})
    assert "x-amz-date" not in sent.headers
    VERIFY(sent, NOW)


@pytest.mark.parametrize("date", ["201", "20261301T000000Z", "yesterday", "20260301T120000", "\xe9"])
def test_an_invalid_date_is_refused_and_quoted(date):
    sent = request(header(), NOW)
    error = refusal(replace(sent, headers={**sent.headers, "x-amz-date": date}))
    assert error.code == "IncompleteSignatureException"
    assert error.message.startswith(f"Date must be in ISO-8601 'basic format'. Got '{date}'.")


# -- form -----------------------------------------------------------------------------------------


def with_authorization(authorization: str) -> Request:
    return Request("POST", {"authorization": authorization, "x-amz-date": "20260301T120000Z"}, b"{}")


def with_credential(credential: str, algorithm: str = "AWS4-HMAC-SHA256", headers: str = "host"):
    return with_authorization(
        f"{algorithm} Credential={credential}, SignedHeaders={headers}, Signature=0"
    )


@pytest.mark.parametrize("authorization", ["", "Bearer x", "AWS AKID:signature", "Basic QUtJRDpz"])
def test_without_such_a_signature_the_token_is_missing(authorization):
    error = refusal(with_authorization(authorization))
    assert error.code == "MissingAuthenticationTokenException"
    assert error.message == "Request is missing Authentication Token"


def test_a_request_signed_twice_is_taken_by_its_header():
    sent = request(header(), NOW)
    assert refusal(replace(sent, query="X-Amz-Algorithm=x")).code == "InvalidSignatureException"


@pytest.mark.parametrize("lacks", ["Credential", "Signature", "SignedHeaders"])
def test_a_header_that_lacks_a_part_says_which(lacks):
    parts = {"Credential": "a", "Signature": "b", "SignedHeaders": "c", lacks: ""}
    authorization = "AWS4-HMAC-SHA256 " + ",".join(f"{name}={value}" for name, value in parts.items())
    error = refusal(with_authorization(authorization))
    assert error.code == "IncompleteSignatureException"
    expected = f"Authorization header requires '{lacks}' parameter. Authorization={authorization}"
    assert error.message == expected


def test_a_query_that_lacks_parts_says_which():
    error = refusal(Request("POST", {}, b"", query="X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Signature=0"))
    assert (error.code, error.message) == (
        "IncompleteSignatureException",
        "AWS query-string parameters must include 'X-Amz-Credential'. "
        "AWS query-string parameters must include 'X-Amz-SignedHeaders'. "
        "AWS query-string parameters must include 'X-Amz-Date'. Re-examine the query-string parameters.",
    )


@pytest.mark.parametrize(
    ("sent", "code", "message"),
    [
        (
            with_credential("AKID/20260301/us-east-1/sagemaker/aws4_request", headers="x-amz-date"),
            "InvalidSignatureException",
            "'Host' must be a 'SignedHeader' in the AWS Authorization.",
        ),
        (
            with_credential("a/b/c/d/e", "AWS4-HMAC-SHA25"),
            "IncompleteSignatureException",
            "Unsupported AWS 'algorithm': 'AWS4-HMAC-SHA25' (only AWS4-HMAC-SHA256 for now). ",
        ),
        (
            with_credential("a/b/c/d"),
            "IncompleteSignatureException",
            "Credential must have exactly 5 slash-delimited elements, "
            "e.g. keyid/date/region/service/term, got 'a/b/c/d'",
        ),
        (
            with_credential("a/b/c/d/e"),
            "InvalidSignatureException",
            "Credential should be scoped to a valid region, not 'c'. "
            "Credential should be scoped to correct service: 'sagemaker'. "
            "Credential should be scoped with a valid terminator: 'aws4_request', not 'e'. "
            "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: "
            "'b' != '20260301', from '20260301T120000Z'.",
        ),
    ],
    ids=["host", "algorithm", "elements", "scope"],
)
def test_each_part_has_its_refusal(sent, code, message):
    error = refusal(sent)
    assert (error.code, error.message) == (code, message)


def test_thousands_of_signed_headers_are_checked_in_linear_time():
    credential = "AKID/20260301/eu-west-1/sagemaker/aws4_request"
    names = ";".join(["host", *(f"h{i}" for i in range(2000))])
    calls = 0

    def count(*_: object) -> None:
        nonlocal calls
        calls += 1

    sys.setprofile(count)
    try:
        error = refusal(with_credential(credential, headers=names))
    finally:
        sys.setprofile(None)
    assert error.message.startswith("The request signature we calculated does not match")
    assert calls < 200 * 2000


def test_slashes_behind_a_credential_are_ignored():
    """They are no part of what is signed."""
    sent = request(header(), NOW)
    authorization = sent.headers["authorization"].replace("aws4_request", "aws4_request//")
    VERIFY(replace(sent, headers={**sent.headers, "authorization": authorization}), NOW)


@pytest.mark.parametrize("name", ["%E2%82%AC", "%00", "%FF", "Content-Type%0A"])
def test_odd_names_of_signed_headers_are_no_crash(name):
    sent = request(query(), NOW)
    odd = replace(sent, query=sent.query.replace("SignedHeaders=", f"SignedHeaders={name}%3B"))
    assert refusal(odd).code == "InvalidSignatureException"


# -- who ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "keys",
    [
        Credentials("NOBODY", "secret"),
        Credentials("AKID", "secret", "a token that it has not"),
        Credentials("ASIA", "secret"),
        Credentials("ASIA", "secret", "another token"),
        Credentials("ASIA", "secret", "déjà"),
    ],
    ids=["key", "token", "no token", "another token", "odd token"],
)
@pytest.mark.parametrize("signer", [header, query])
def test_an_unknown_access_key_or_token_is_refused(signer, keys):
    error = refusal(request(signer(keys), NOW))
    assert error.code == "UnrecognizedClientException"
    assert error.message == "The security token included in the request is invalid."


def test_another_secret_is_a_mismatch():
    error = refusal(request(header(Credentials("AKID", "another")), NOW))
    assert error.code == "InvalidSignatureException"


def test_a_session_ends_when_it_says():
    known = credentials_of(
        {"ASIA": {"secret": "s", "session_token": "t", "expires": "2026-03-01T13:00:00+01:00"}}
    )
    sent = request(header(Credentials("ASIA", "s", "t")), NOW)
    verifier(known)(sent, NOW - 1)
    error = refusal(sent, NOW, verifier(known))
    assert error.code == "ExpiredTokenException"


def test_without_credentials_any_key_with_our_secret_will_do():
    anybody = verifier({})
    anybody(request(header(Credentials("111111111111", SECRET)), NOW), NOW)
    anybody(request(header(Credentials("111111111111", SECRET, "any token")), NOW), NOW)
    error = refusal(request(header(Credentials("111111111111", "any")), NOW), verify=anybody)
    assert error.code == "InvalidSignatureException"


# -- on the way -----------------------------------------------------------------------------------


def test_the_check_comes_after_the_target_and_before_the_types():
    local = Local(verify=VERIFY)

    def code(body: bytes, target: str) -> str:
        return local.send(body, content_type=JSON, x_amz_target=target).code

    assert code(b"{", "SageMaker.Nope") == "SerializationException"
    assert code(b"{}", "SageMaker.Nope") == "UnknownOperationException"
    assert code(b"5", "SageMaker.DescribeModel") == "MissingAuthenticationTokenException"


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ({}, "MissingAuthenticationTokenException"),
        ({"authorization": "AWS4-HMAC-SHA256"}, "IncompleteSignatureException"),
        (dict(request(header(Credentials("X", "s")), NOW).headers), "UnrecognizedClientException"),
        (dict(request(header(), NOW).headers), "InvalidSignatureException"),
    ],
)
def test_the_runtime_refuses_with_the_same_codes_in_its_own_form(headers, code):
    """403, as REST has it; the path was not signed."""
    local = Local(verify=lambda request_, _: VERIFY(request_, NOW))
    outcome = local.exchange(Request("POST", headers, b"{}", "/endpoints/e/invocations")).outcome
    response = {name.lower(): value for name, value in outcome.headers}
    assert outcome.status == 403
    assert response["x-amzn-errortype"].partition(":")[0] == code
    assert json.loads(outcome.body)["message"]


def test_the_runtime_takes_what_is_signed_well():
    local = Local(verify=VERIFY)
    now = local.scenario.clock()
    sent = request(header(), now, f"{URL}endpoints/d%C3%A9j%C3%A0/invocations")
    assert "Signature" not in local.exchange(sent).outcome.body.decode()


def test_what_is_refused_is_in_the_journal_without_its_signature():
    local = Local(verify=VERIFY)
    headers = {"authorization": "AWS4-HMAC-SHA256 Signature=5ec2e7"}
    assert "5ec2e7" in local.call("DescribeModel", {"ModelName": "m"}, **headers).message
    entry = next(iter(local.scenario.journal))
    assert (entry.operation, entry.resource) == ("DescribeModel", "m")
    assert entry.code == "IncompleteSignatureException"
    assert "5ec2e7" not in repr(entry)


def test_a_signature_for_another_service_does_not_lead_away_from_the_check():
    local = Local(verify=verifier({}))
    sent = request(header(Credentials("111111111111", SECRET), "s3"), NOW)
    assert local.exchange(sent).message.startswith("Signature ")


def test_a_real_client_is_verified_on_a_socket():
    settings = {"auth.verify": True, "auth.credentials": {"222222222222": "secret"}}
    with Emulator(settings=settings) as emulator:
        keys = {"aws_access_key_id": "222222222222", "aws_secret_access_key": "secret"}
        client = emulator.client("sagemaker", **keys)
        assert client.list_models()["Models"] == []
        wrong = emulator.client("sagemaker", account="222222222222")
        with pytest.raises(wrong.exceptions.ClientError, match="InvalidSignatureException"):
            wrong.list_models()


def test_our_own_clients_sign_with_the_secret_that_will_do():
    with Emulator(settings={"auth.verify": True}) as emulator:
        assert emulator.client("sagemaker").list_models()["Models"] == []


def test_by_default_nothing_is_verified(served, account):
    client = served.client("sagemaker", account=account, aws_secret_access_key="any")
    assert client.list_models()["Models"] == []


# -- the setting ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wanted", "message"),
    [
        ({"A": 5}, "auth.credentials.A (settings): the value is not a string or an object"),
        ({"A": ""}, "auth.credentials.A (settings): the value is shorter than 1"),
        ("s3cr3t", "auth.credentials (settings): the value is not an object"),
        ({"A": {"session_token": "s3cr3t"}}, "auth.credentials.A.secret: is missing"),
        (
            {"A": {"secret": "x", "expires": "soon"}},
            "auth.credentials.A.expires (settings): 'soon' is not a time",
        ),
        ({"A": {"secret": "x", "sesion_token": "s3cr3t"}}, "did you mean 'session_token'?"),
    ],
    ids=str,
)
def test_credentials_that_make_no_sense_are_refused_without_showing_them(wanted, message):
    with pytest.raises(ConfigurationError) as caught:
        Emulator(settings={"auth.credentials": wanted})
    assert message in str(caught.value)
    assert "s3cr3t" not in str(caught.value)


def test_a_time_of_a_session_may_be_a_toml_date(tmp_path):
    file = tmp_path / "c.toml"
    file.write_text('[auth.credentials.A]\nsecret = "x"\nexpires = 2026-03-01T12:00:00Z\n')
    table = Emulator(config=file).settings["auth.credentials"]
    assert credentials_of(table)["A"].expires == NOW
    naive = credentials_of({"A": {"secret": "x", "expires": "2026-03-01T12:00:00"}})
    assert naive["A"].expires == NOW
