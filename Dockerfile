FROM docker.io/library/python:3.12-slim AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore PIP_CONSTRAINT=/src/constraints.txt
WORKDIR /src

# The dependencies first: a layer that changes only with them
COPY pyproject.toml constraints.txt ./
RUN python -c "import tomllib; print(*tomllib.load(open('pyproject.toml', 'rb'))['project']['dependencies'], sep='\n')" > needed.txt \
 && python -m venv --without-pip /opt/sm-emulator \
 && python -m pip --python /opt/sm-emulator/bin/python install --quiet -r needed.txt \
 && python -m pip install --quiet hatchling

COPY . .
RUN python -m pip wheel --quiet --no-deps --no-build-isolation --wheel-dir /wheel . \
 && python -m pip --python /opt/sm-emulator/bin/python install --quiet --no-deps /wheel/*.whl


FROM docker.io/library/python:3.12-slim
LABEL org.opencontainers.image.title="sm-emulator" \
      org.opencontainers.image.description="A local SageMaker hosting emulator whose reads are stale on purpose, by seed" \
      org.opencontainers.image.version="0.1.0" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.base.name="docker.io/library/python:3.12-slim"

COPY --from=build /opt/sm-emulator /opt/sm-emulator
# A config.* in that directory is read. 0.0.0.0 is the container's own; publish it on 127.0.0.1.
ENV PATH=/opt/sm-emulator/bin:$PATH \
    SM_EMULATOR_CONFIG=/etc/sm-emulator \
    SM_EMULATOR_HOST=0.0.0.0
# The base has no bytecode of the standard library, and who serves may not write any: what is imported now, starts fast.
RUN mkdir /etc/sm-emulator \
 && python -c "import http.client, sm_emulator.cli, sm_emulator.emulator, sm_emulator.passthrough.moto, moto.s3.urls, moto.sts.urls"

USER 65532:65532
EXPOSE 7243
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=5s --timeout=3s --start-period=10s --retries=3 CMD ["sm-emulator", "health"]
ENTRYPOINT ["sm-emulator"]
CMD ["serve"]
