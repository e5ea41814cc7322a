"""iam:SimulatePrincipalPolicy, which moto lacks and the SageMaker Python SDK calls: all is allowed."""

from html import escape
from itertools import product
from urllib.parse import parse_qsl

from sm_emulator.wire.message import Outcome, Request

_ALLOWED = (
    "<member><EvalActionName>{}</EvalActionName><EvalResourceName>{}</EvalResourceName>"
    "<EvalDecision>allowed</EvalDecision></member>"
)


def simulate_principal_policy(request: Request) -> Outcome:
    """Return that each action is allowed on each resource, as no policy is checked here."""
    given = parse_qsl(request.body.decode(errors="replace") or request.query)
    actions, resources = (
        [escape(value) for key, value in given if key.startswith(f"{name}.member.")]
        for name in ("ActionNames", "ResourceArns")
    )
    results = "".join(_ALLOWED.format(*pair) for pair in product(actions, resources or ["*"]))
    body = (
        '<SimulatePrincipalPolicyResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/">'
        "<SimulatePrincipalPolicyResult><IsTruncated>false</IsTruncated>"
        f"<EvaluationResults>{results}</EvaluationResults>"
        "</SimulatePrincipalPolicyResult></SimulatePrincipalPolicyResponse>"
    )
    return Outcome(200, (("Content-Type", "text/xml"),), body.encode())
