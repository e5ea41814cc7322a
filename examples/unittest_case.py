"""The same with unittest: an emulator for a whole class, or for one test.

python examples/unittest_case.py
"""

import unittest

import deploy
from botocore.exceptions import ClientError

from sm_emulator import Emulator


class Deployment(unittest.TestCase):
    """Each test has an emulator for itself: it starts in a few milliseconds."""

    def setUp(self):
        emulator = self.enterContext(Emulator(preset="describe-lies"))
        self.sagemaker = emulator.client("sagemaker")
        deploy.prepare(self.sagemaker, "churn")

    def test_a_naive_deployment_breaks(self):
        with self.assertRaisesRegex(ClientError, "Could not find endpoint configuration"):
            deploy.naive(self.sagemaker, "churn")

    def test_a_patient_one_does_not(self):
        waits = []
        deploy.patient(self.sagemaker, "churn", sleep=waits.append)
        self.assertEqual(waits, [0.05])

    @Emulator(seed=7)
    def test_with_an_emulator_for_itself(self, emulator):
        self.assertEqual(emulator.client("sagemaker").list_models()["Models"], [])


if __name__ == "__main__":
    unittest.main()
