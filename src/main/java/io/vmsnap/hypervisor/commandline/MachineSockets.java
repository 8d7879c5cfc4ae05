package io.vmsnap.hypervisor.commandline;

import java.nio.file.Path;

/**
 * Unix sockets on which QEMU listens. The paths are relative to QEMU's working directory, as a
 * socket path has at most 107 bytes.
 *
 * @param runnerMonitor QMP for the process that started QEMU
 * @param jobMonitor QMP for snapshot jobs: two conversations never mix
 * @param guestAgent host's end of the guest agent's channel
 */
public record MachineSockets(Path runnerMonitor, Path jobMonitor, Path guestAgent) {}
