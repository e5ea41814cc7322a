"""A plain script: serve in this process, call from this one and from another.

python examples/script.py
"""

import os
import subprocess
import sys

import deploy

from sm_emulator import Emulator

with Emulator(preset="dynamodb", seed=7) as emulator:
    sagemaker = emulator.client("sagemaker")
    deploy.prepare(sagemaker, "churn")
    deploy.patient(sagemaker, "churn")

    # any program of any language: it needs the environment, nothing else
    program = "import boto3; print(len(boto3.client('sagemaker').list_endpoints()['Endpoints']))"
    environment = {**os.environ, **emulator.environment()}
    subprocess.run([sys.executable, "-c", program], env=environment, check=True)
