# The page, the API and health in one container. It was written where no Docker runs: tests/house/test_containers.py holds
# what can be held by reading it, and nobody has built it yet.
#
#   docker build -t rungwise .
#   docker build -t rungwise --build-arg TORCH_INDEX=URL .   # pytorch.org's index of CPU builds: some gigabytes less

FROM python:3.11-slim-bookworm AS build
ARG TORCH_INDEX=""
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
RUN python -m venv /opt/rungwise
WORKDIR /src
COPY pyproject.toml constraints.txt README.md LICENSE ./
COPY foundation foundation
COPY advisor advisor
COPY rag rag
COPY finetune finetune
COPY assistant assistant
COPY experiments experiments
COPY governance governance
COPY monitoring monitoring
COPY ui ui
COPY examples examples
RUN /opt/rungwise/bin/pip install --constraint constraints.txt ${TORCH_INDEX:+--extra-index-url "$TORCH_INDEX"} ".[oidc,otel,postgres]"

FROM python:3.11-slim-bookworm
COPY --from=build /opt/rungwise /opt/rungwise
ENV PATH=/opt/rungwise/bin:$PATH PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 HOME=/home/rungwise
RUN useradd --uid 10001 --create-home rungwise && mkdir /workspace && chown rungwise /workspace
USER 10001
VOLUME /workspace
EXPOSE 8501
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s \
  CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8501/health', timeout=4)"]
ENTRYPOINT ["rungwise"]
CMD ["serve", "--workspace", "/workspace", "--address", "0.0.0.0", "--port", "8501"]
