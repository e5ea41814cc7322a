#!/bin/sh
# A whole lifecycle through Terraform's AWS provider: apply, a plan that is empty, destroy.
#
#     TF_PLUGIN_DIR=… sh lifecycle.sh [ATTEMPTS]
#
# The provider does not retry what a stale read refused. The script applies again, up to ATTEMPTS attempts
# (default 1: no retry), and Terraform continues where it stopped. TF_PLUGIN_DIR has the provider, so that
# nothing is downloaded.
set -eu
attempts=${1:-1}
export CHECKPOINT_DISABLE=1 TF_IN_AUTOMATION=1 TF_CLI_CONFIG_FILE=/dev/null TF_CLI_ARGS=-no-color

cp "$(dirname "$0")/main.tf" .
terraform init -input=false -plugin-dir="$TF_PLUGIN_DIR"

until terraform apply -input=false -auto-approve; do
    attempts=$((attempts - 1))
    [ "$attempts" -gt 0 ]
done
terraform plan -input=false -detailed-exitcode # exits with 2 where it would change anything
terraform destroy -input=false -auto-approve
