# One image for every role; what a container does is said by DEALIX_ROLES. See docs/scaling.md.
FROM python:3.11-slim AS build
# The rule engine's C core has no wheel.
RUN apt-get update \
 && apt-get install -y --no-install-recommends gcc g++ libc6-dev \
 && rm -rf /var/lib/apt/lists/*
WORKDIR /app
COPY requirements.lock requirements-engine.lock ./
# The same versions and hashes as everywhere else, the tools of the tests included.
RUN python -m venv /opt/dealix \
 && /opt/dealix/bin/pip install --no-cache-dir --require-hashes -r requirements.lock \
 && CC="gcc -O2 -DPyEval_CallObject=PyObject_CallObject" \
    /opt/dealix/bin/pip install --no-cache-dir --no-deps --no-build-isolation --require-hashes -r requirements-engine.lock
COPY pyproject.toml README.md ./
COPY bot ./bot
COPY rules ./rules
COPY flows ./flows
COPY adapters ./adapters
COPY admin ./admin
RUN /opt/dealix/bin/pip install --no-cache-dir --no-deps --no-build-isolation --editable .

FROM python:3.11-slim
RUN useradd --system --uid 10001 --create-home --home-dir /var/lib/dealix dealix \
 && install -d -o dealix -g dealix -m 700 /var/lib/dealix/keys
COPY --from=build /opt/dealix /opt/dealix
COPY --from=build /app /app
ENV PATH=/opt/dealix/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    DEALIX_HOST=0.0.0.0 \
    DEALIX_PORT=8080 \
    DEALIX_DATA_DIR=/var/lib/dealix
USER dealix
WORKDIR /var/lib/dealix
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=6s --start-period=60s --retries=3 \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8080/readyz', timeout=5)"]
# SIGTERM: the doors close, what is in hand is finished, seats are given back.
STOPSIGNAL SIGTERM
CMD ["dealix", "up"]
