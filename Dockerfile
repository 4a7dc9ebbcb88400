# modprobot with everything it needs: Debian's Node, Nix, QEMU and bubblewrap. docs/install.md says how it is run;
# bin/test-image builds it and tries it out.
#
# It has no compilers: what a kernel is built with comes from the package set that is checked, through Nix.

FROM debian:forky-slim AS packages
RUN apt-get update \
    && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends ca-certificates npm \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /app
COPY package.json package-lock.json ./
# Both secrets are for builds behind a registry or a certificate authority of one's own; without them npm's defaults hold.
RUN --mount=type=secret,id=npmrc,target=/root/.npmrc --mount=type=secret,id=ca,target=/run/secrets/ca \
    if [ -s /run/secrets/ca ]; then export NODE_EXTRA_CA_CERTS=/run/secrets/ca npm_config_cafile=/run/secrets/ca; fi; \
    npm ci --omit=dev --ignore-scripts --no-audit --no-fund \
    && find node_modules -type f \( -name '*.map' -o -name '*.ts' -o -name '*.cts' -o -name '*.mts' -o -iname '*.md' \) -delete

FROM debian:forky-slim
# systemd-standalone-sysusers stands in for all of systemd, which a package would bring along.
RUN apt-get update \
    && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends \
        bubblewrap busybox-static ca-certificates git kmod nix-bin nodejs qemu-system-x86 \
        systemd-standalone-sysusers tini xz-utils zstd \
    && rm -rf /var/lib/apt/lists/* /var/cache/* /var/log/* /usr/share/doc /usr/share/man

# Nix builds as many things at a time as there are users in the group nixbld. Their numbers are nobody else's: before and
# after each build Nix kills whatever runs as its user, and a Nix on the host sees into containers. (Systems count down from
# 999, Nix's own installer up from 30001.)
RUN groupadd --gid 20000 nixbld \
    && for number in $(seq 16); do \
        useradd --uid $((20000 + number)) --gid nixbld --groups nixbld --home-dir /var/empty --no-create-home --shell /usr/sbin/nologin "nixbld$number"; \
    done \
    && groupadd --gid 10001 modprobot \
    && useradd --uid 10001 --gid modprobot --home-dir /var/lib/modprobot --no-create-home --shell /usr/sbin/nologin modprobot \
    && install --directory --owner modprobot --group modprobot --mode 0700 /var/lib/modprobot /etc/modprobot \
    && ln -s /app/bin/modprobot /usr/local/bin/modprobot

COPY --from=packages /app/node_modules /app/node_modules
COPY bin/image/nix.conf /etc/nix/nix.conf
COPY . /app

# XDG_…: `check` and `pr` keep their results where `serve` and `worker` do, and `setup` writes to /etc/modprobot.
ENV NODE_ENV=production \
    MODPROBOT_DATA=/var/lib/modprobot \
    XDG_CACHE_HOME=/var/lib \
    XDG_CONFIG_HOME=/etc \
    HOST=0.0.0.0 \
    METRICS_HOST=0.0.0.0
# What is to outlive the container: database, checkouts and results; what Nix built. /etc/modprobot as well, if `setup` is used.
VOLUME ["/var/lib/modprobot", "/nix"]
EXPOSE 3000 9464
STOPSIGNAL SIGTERM
# Alive, not ready: a database that is away or a disk that is full is not cured by starting again.
HEALTHCHECK --interval=30s --timeout=5s --start-period=120s --retries=3 \
    CMD busybox wget -q -O /dev/null "http://127.0.0.1:${METRICS_PORT:-9464}/livez"
ENTRYPOINT ["/usr/bin/tini", "--", "/app/bin/image/entry-point"]
CMD ["serve"]
