# One image for operator, runners, jobs and the command line. docker, podman and buildah build it:
#   docker build --tag vmsnap:0.1.0 .
# With REVISION and SOURCE_DATE_EPOCH given, two builds of one commit differ only in the caches that
# Java trains and in what Debian updated.
ARG DEBIAN=docker.io/library/debian:trixie-slim
ARG JDK=docker.io/library/eclipse-temurin:25-jdk

FROM ${JDK} AS build
WORKDIR /src
COPY .mvn .mvn
COPY mvnw pom.xml ./
COPY src/main src/main
RUN --mount=type=cache,target=/root/.m2 \
    ./mvnw --batch-mode --no-transfer-progress -Dmaven.test.skip -Dspotless.apply.skip -Dexec.skip package
# No compiler and no tools: a quarter of a JDK.
RUN jlink --output /java --strip-java-debug-attributes --no-header-files --no-man-pages --compress zip-6 --add-modules \
    java.se,jdk.crypto.ec,jdk.httpserver,jdk.jfr,jdk.management,jdk.naming.dns,jdk.net,jdk.unsupported,jdk.zipfs

FROM ${DEBIAN}
ARG VERSION=0.1.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="vmsnap" \
      org.opencontainers.image.description="VMware-style snapshots for QEMU/KVM virtual machines on Kubernetes" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
# Trixie has QEMU 10; 9 is the oldest that can take part. ovmf: firmware efi. qemu-utils: for people.
RUN apt-get update && \
    apt-get install --yes --no-install-recommends qemu-system-x86 qemu-utils ovmf ca-certificates && \
    apt-get clean && \
    rm -rf /var/lib/apt/lists/* /var/cache/* /var/log/* && \
    useradd --uid 10001 --user-group --home-dir /tmp --no-create-home --shell /usr/sbin/nologin vmsnap
COPY --from=build /java /opt/vmsnap/java
COPY --from=build /src/target/quarkus-app /opt/vmsnap/quarkus-app
COPY src/main/image/bin /opt/vmsnap/bin
# Runs one machine and one job of each kind, so that Java starts them from what they loaded.
RUN ln -s /opt/vmsnap/bin/vmsnap /usr/local/bin/vmsnap && \
    JAVA_HOME=/opt/vmsnap/java /opt/vmsnap/bin/vmsnap-train
ENV JAVA_HOME=/opt/vmsnap/java
USER 10001:10001
WORKDIR /tmp
ENTRYPOINT ["vmsnap"]
