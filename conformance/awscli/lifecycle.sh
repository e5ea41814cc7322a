#!/bin/sh
# A whole lifecycle through the AWS CLI: create, update, list, delete.
#
#     sh lifecycle.sh [ATTEMPTS [ENDPOINT_URL]]
#
# The CLI does not retry a call that failed because of a stale read. The script retries it, up to ATTEMPTS
# attempts (default 1: no retry). The CLI finds the endpoint itself unless ENDPOINT_URL is given.
set -eu
attempts=${1:-1}
url=${2:-}

sagemaker() {
    aws ${url:+--endpoint-url "$url"} --output text sagemaker "$@"
}

# Call, up to $attempts times: a new resource may not be visible yet.
patiently() {
    left=$attempts
    until said=$(sagemaker "$@" 2>&1); do
        left=$((left - 1))
        case $said in *'Could not find'*) ;; *) left=0 ;; esac
        if [ "$left" -le 0 ]; then
            echo "$said" >&2
            return 1
        fi
    done
    echo "$said"
}

# Describe until the endpoint is in service; `aws sagemaker wait` would sleep 30 s between polls.
in_service() {
    status=
    until [ "$status" = InService ]; do
        status=$(patiently describe-endpoint --endpoint-name e --query EndpointStatus)
    done
}

sagemaker create-model --model-name m --primary-container Image=i \
    --execution-role-arn arn:aws:iam::123456789012:role/r
for name in c d; do
    patiently create-endpoint-config --endpoint-config-name $name --tags Key=team,Value=churn \
        --production-variants VariantName=v,ModelName=m,InstanceType=ml.m5.large,InitialInstanceCount=1
done
patiently create-endpoint --endpoint-name e --endpoint-config-name c
in_service

patiently update-endpoint --endpoint-name e --endpoint-config-name d
in_service
[ "$(sagemaker describe-endpoint --endpoint-name e --query EndpointConfigName)" = d ]

[ "$(sagemaker list-endpoint-configs --query 'length(EndpointConfigs)')" = 2 ]
[ "$(sagemaker list-endpoints --query 'Endpoints[].EndpointName')" = e ]

sagemaker delete-endpoint --endpoint-name e
while sagemaker describe-endpoint --endpoint-name e >/dev/null 2>&1; do :; done
for name in c d; do
    sagemaker delete-endpoint-config --endpoint-config-name $name
done
sagemaker delete-model --model-name m
