package io.vmsnap.hypervisor.commandline;

import java.nio.file.Path;

/**
 * A Linux kernel started without a boot loader.
 *
 * @param initrd null for none
 * @param commandLine the kernel's; never interpreted here
 */
public record DirectBoot(Path kernel, Path initrd, String commandLine) {}
