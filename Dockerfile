# Any image with python3 (3.11 or later) and its venv module will do as the base.
ARG BASE=python:3.13-slim

FROM ${BASE} AS build
# Both secrets are optional: a network with a package index or a certificate
# authority of its own hands in its pip.conf and its ca-certificates.
ENV PIP_CONFIG_FILE=/run/secrets/pip.conf \
    PIP_DISABLE_PIP_VERSION_CHECK=1 \
    PIP_NO_CACHE_DIR=1
# pip stays behind in this stage: what is copied on has none.
RUN python3 -m venv /opt/pip && python3 -m venv --without-pip /opt/auth-emulator
WORKDIR /src
COPY . .
RUN --mount=type=secret,id=pip.conf --mount=type=secret,id=ca-certificates \
    /opt/pip/bin/pip --python /opt/auth-emulator/bin/python3 install --no-compile -c constraints.txt . \
    && python3 -m compileall -q --invalidation-mode unchecked-hash /opt/auth-emulator/lib

# What the compose file's `example` service runs: a client, with httpx, which the emulator has too.
FROM build AS example
ENV PATH=/opt/auth-emulator/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1
USER 10001:10001
ENTRYPOINT ["python3"]

FROM ${BASE} AS server
LABEL org.opencontainers.image.title="auth-emulator" \
      org.opencontainers.image.description="Offline emulator of the sign-in APIs of OmniOmni, NBC Gate and Vault" \
      org.opencontainers.image.licenses="MIT"
ENV PATH=/opt/auth-emulator/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    AUTH_EMULATOR_HOST=0.0.0.0 \
    AUTH_EMULATOR_CACHE_DIR=/var/cache/auth-emulator
# The public Python images ship the standard library without its bytecode, and the
# user below could not write it: compiled here once, each start is faster.
# /var/lib/auth-emulator is for a volume that hands the CA certificate of --tls to others.
RUN python3 -m compileall -q -x '/(idlelib|lib2to3|test|tests|site-packages|dist-packages)/' \
        "$(python3 -c 'import sysconfig; print(sysconfig.get_path("stdlib"))')" \
    && useradd --uid 10001 --user-group --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin auth-emulator \
    && install -d -o 10001 -g 10001 -m 0700 "$AUTH_EMULATOR_CACHE_DIR" \
    && install -d -o 10001 -g 10001 -m 0755 /var/lib/auth-emulator
COPY --from=build /opt/auth-emulator /opt/auth-emulator
USER 10001:10001
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=2s --timeout=3s --start-period=10s --retries=5 CMD ["auth-emulator", "health"]
ENTRYPOINT ["auth-emulator"]
CMD ["serve"]
