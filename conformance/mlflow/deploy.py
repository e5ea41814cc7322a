"""Deploy a model with mlflow, and wait until the endpoint is in service."""

import tempfile
from pathlib import Path

from mlflow.deployments import get_deploy_client

MLMODEL = """\
flavors:
  python_function:
    loader_module: churn
model_uuid: 00000000000000000000000000000000
"""
DEPLOYMENT = {
    "execution_role_arn": "arn:aws:iam::123456789012:role/r",
    "image_url": "123456789012.dkr.ecr.us-east-1.amazonaws.com/churn:1",
}

with tempfile.TemporaryDirectory() as model:
    (Path(model) / "MLmodel").write_text(MLMODEL)
    get_deploy_client("sagemaker:/us-east-1").create_deployment("churn", model, config=DEPLOYMENT)
