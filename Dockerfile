# One image for every command of Wanbiao. No compiler and no package of the system: all that it needs comes as wheels.
FROM python:3.11.15-slim-trixie

ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore
COPY requirements.lock /src/
RUN pip install --require-hashes --only-binary :all: --requirement /src/requirements.lock

COPY . /src
# Compiled loops are known by the time of their source, which an archive of a layer keeps in whole seconds only.
RUN pip install --no-deps --no-build-isolation /src \
    && find "$(python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/detectors" -name '*.py' \
        -exec touch --date "@$(date +%s)" {} + \
    && install --directory --owner 10001 --group 10001 /var/cache/wanbiao /var/lib/wanbiao

# From here on as nobody in particular. Its root may be read-only: /tmp, /var/cache/wanbiao and, for messages, /var/lib/wanbiao are
# all it writes to.
USER 10001:10001
WORKDIR /tmp
ENV HOME=/tmp NUMBA_CACHE_DIR=/var/cache/wanbiao PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1
RUN python -c "from stations.catalogue import load_fleet; from wanbiao.commands.worker import _compile; _compile(load_fleet())"

# Of a worker or a simulation that was given WANBIAO_ALIVE_FILE; docker-compose.yml says the same.
HEALTHCHECK --interval=10s --timeout=5s --retries=3 --start-period=120s \
    CMD test -n "$(find "$WANBIAO_ALIVE_FILE" -newermt "-60 seconds")"
ENTRYPOINT ["wanbiao"]
