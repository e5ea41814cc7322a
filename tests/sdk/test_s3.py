"""S3, as boto3 sends it, through our listener to moto."""

import io
import urllib.request
from threading import Thread

import pytest
from boto3.s3.transfer import TransferConfig
from botocore.config import Config
from botocore.exceptions import ClientError

from sm_emulator import Emulator
from tests.support.raw_http import request, wire

MB = 1024 * 1024


@pytest.fixture
def bucket(account):
    return f"bucket-{account}"


@pytest.fixture
def s3(served, account, bucket):
    s3 = served.client("s3", account=account)
    s3.create_bucket(Bucket=bucket)
    return s3


@pytest.mark.parametrize("key", ["plain", "a/b/c.tar.gz", "with space + plus", "ümläut/%2F?&=#", "a//b"])
def test_an_object_comes_back_by_any_key(s3, bucket, key):
    s3.put_object(Bucket=bucket, Key=key, Body=key.encode())
    assert s3.get_object(Bucket=bucket, Key=key)["Body"].read() == key.encode()
    assert [o["Key"] for o in s3.list_objects_v2(Bucket=bucket)["Contents"]] == [key]


def test_metadata_keeps_its_names(s3, bucket):
    s3.put_object(Bucket=bucket, Key="k", Metadata={"my_key": "a", "my-key2": "b"})
    assert s3.head_object(Bucket=bucket, Key="k")["Metadata"] == {"my_key": "a", "my-key2": "b"}


def test_a_range_is_read(s3, bucket):
    s3.put_object(Bucket=bucket, Key="k", Body=b"0123456789")
    part = s3.get_object(Bucket=bucket, Key="k", Range="bytes=2-4")
    assert (part["Body"].read(), part["ContentRange"]) == (b"234", "bytes 2-4/10")


def test_a_head_has_the_length_and_a_deletion_nothing(s3, bucket):
    s3.put_object(Bucket=bucket, Key="k", Body=b"x" * 12345)
    assert s3.head_object(Bucket=bucket, Key="k")["ContentLength"] == 12345
    assert s3.delete_object(Bucket=bucket, Key="k")["ResponseMetadata"]["HTTPStatusCode"] == 204
    with pytest.raises(ClientError, match="404"):
        s3.head_object(Bucket=bucket, Key="k")


def head(account, line, *more):
    scope = f"{account}/20260101/us-east-1/s3/aws4_request"
    signed = f"Authorization: AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0"
    return "\r\n".join([f"{line} HTTP/1.1", "Host: h", signed, *more, "", ""]).encode()


def test_a_204_has_no_length(served, s3, bucket, account):
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    with wire(served.url) as w:
        reply = w.exchange(head(account, f"DELETE /{bucket}/k"))
        assert reply.status == 204
        assert "Content-Length" not in dict(reply.headers)
        assert w.exchange(request(b'{"ModelName":"nope"}')).status == 400, (
            "the connection is still in step"
        )


def test_a_model_of_30_mb_goes_up_in_parts_and_comes_down_in_ranges(s3, bucket, tmp_path):
    model = bytes(range(256)) * (30 * MB // 256)
    (tmp_path / "model.tar.gz").write_bytes(model)
    s3.upload_file(str(tmp_path / "model.tar.gz"), bucket, "model.tar.gz")
    s3.download_file(
        bucket, "model.tar.gz", str(tmp_path / "back"), Config=TransferConfig(max_concurrency=4)
    )
    assert (tmp_path / "back").read_bytes() == model


def test_a_body_of_more_than_10_mb_is_uploaded_in_one_request(s3, bucket):
    s3.put_object(Bucket=bucket, Key="k", Body=b"x" * (11 * MB))
    body = s3.get_object(Bucket=bucket, Key="k")["Body"]
    assert sum(len(chunk) for chunk in body.iter_chunks(65536)) == 11 * MB


@pytest.mark.parametrize("algorithm", ["CRC32", "SHA256"])
def test_checksums_are_kept(s3, bucket, algorithm):
    put = s3.put_object(Bucket=bucket, Key="k", Body=b"x", ChecksumAlgorithm=algorithm)
    got = s3.get_object(Bucket=bucket, Key="k", ChecksumMode="ENABLED")
    assert got["Body"].read() == b"x"
    assert got[f"Checksum{algorithm}"] == put[f"Checksum{algorithm}"]


CHUNKS = b"5;chunk-signature=0\r\nhello\r\n0;chunk-signature=0\r\nx-amz-checksum-crc32:NhCmhg==\r\n\r\n"


@pytest.mark.parametrize("is_chunked", [False, True], ids=["with its length", "chunked by HTTP too"])
def test_aws_chunks_with_a_trailer_are_put_together(served, s3, bucket, account, is_chunked):
    body = b"%x\r\n%s\r\n0\r\n\r\n" % (len(CHUNKS), CHUNKS) if is_chunked else CHUNKS
    sent = head(
        account,
        f"PUT /{bucket}/k",
        "Content-Encoding: aws-chunked",
        "x-amz-content-sha256: STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER",
        "x-amz-trailer: x-amz-checksum-crc32",
        "x-amz-decoded-content-length: 5",
        "Transfer-Encoding: chunked" if is_chunked else f"Content-Length: {len(body)}",
    )
    with wire(served.url) as w:
        assert w.exchange(sent + body).status == 200
    assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == b"hello"


def test_a_stream_of_unknown_length_is_uploaded(s3, bucket):
    class Stream:
        def __init__(self, content):
            self.read = io.BytesIO(content).read

    s3.upload_fileobj(Stream(b"x" * 20 * MB), bucket, "streamed")
    assert s3.head_object(Bucket=bucket, Key="streamed")["ContentLength"] == 20 * MB


@pytest.mark.parametrize("version", ["s3", "s3v4"])
def test_a_signed_url_is_read_without_headers_in_its_account(served, s3, bucket, account, version):
    signer = served.client("s3", account=account, config=Config(signature_version=version))
    put = signer.generate_presigned_url("put_object", {"Bucket": bucket, "Key": "k"})
    urllib.request.urlopen(urllib.request.Request(put, b"signed", method="PUT")).close()
    get = signer.generate_presigned_url("get_object", {"Bucket": bucket, "Key": "k"})
    with urllib.request.urlopen(get) as answer:
        assert answer.read() == b"signed"
    assert [e.operation for e in served.scenario(account).journal().exchanges][-2:] == [
        "s3:PUT",
        "s3:GET",
    ]


def test_a_bucket_called_endpoints_is_s3_s(served, account):
    s3 = served.client("s3", account=account)
    s3.create_bucket(Bucket="endpoints")
    s3.put_object(Bucket="endpoints", Key="e/invocations", Body=b"x")
    assert s3.get_object(Bucket="endpoints", Key="e/invocations")["Body"].read() == b"x"
    s3.delete_object(Bucket="endpoints", Key="e/invocations")
    s3.delete_bucket(Bucket="endpoints")


def test_parallel_requests_do_not_disturb_each_other(s3, bucket):
    def put(i):
        s3.put_object(Bucket=bucket, Key=f"k{i}", Body=f"{i}".encode() * 1000)

    threads = [Thread(target=put, args=(i,)) for i in range(24)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    bodies = [s3.get_object(Bucket=bucket, Key=f"k{i}")["Body"].read() for i in range(24)]
    assert bodies == [f"{i}".encode() * 1000 for i in range(24)]


def test_the_largest_body_for_others_is_a_setting():
    with Emulator(settings={"server.max_body": 11 * MB}) as emulator:
        s3 = emulator.client("s3", account="777777777777")
        s3.create_bucket(Bucket="small-bodies")
        s3.put_object(Bucket="small-bodies", Key="k", Body=b"x" * 11 * MB)
        with pytest.raises(ClientError, match="413"):
            s3.put_object(Bucket="small-bodies", Key="k", Body=b"x" * (11 * MB + 1))
