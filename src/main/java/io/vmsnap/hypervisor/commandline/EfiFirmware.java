package io.vmsnap.hypervisor.commandline;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * An OVMF build: code that all machines share, and the template of the variables that every machine
 * has a copy of its own.
 */
public record EfiFirmware(Path code, Path variablesTemplate) {
  /** Debian and Ubuntu; Fedora and RHEL; Arch; openSUSE; QEMU's own build. */
  private static final List<EfiFirmware> KNOWN =
      List.of(
          of("/usr/share/OVMF/OVMF_CODE_4M.fd", "/usr/share/OVMF/OVMF_VARS_4M.fd"),
          of("/usr/share/OVMF/OVMF_CODE.fd", "/usr/share/OVMF/OVMF_VARS.fd"),
          of("/usr/share/edk2/ovmf/OVMF_CODE.fd", "/usr/share/edk2/ovmf/OVMF_VARS.fd"),
          of("/usr/share/edk2/x64/OVMF_CODE.4m.fd", "/usr/share/edk2/x64/OVMF_VARS.4m.fd"),
          of("/usr/share/qemu/ovmf-x86_64-4m-code.bin", "/usr/share/qemu/ovmf-x86_64-4m-vars.bin"),
          of("/usr/share/qemu/edk2-x86_64-code.fd", "/usr/share/qemu/edk2-i386-vars.fd"));

  /** The first build that is installed. */
  public static Optional<EfiFirmware> find() {
    return KNOWN.stream()
        .filter(each -> Files.isReadable(each.code) && Files.isReadable(each.variablesTemplate))
        .findFirst();
  }

  /** Where {@link #find} looks, for the message that it found nothing. */
  public static List<Path> places() {
    return KNOWN.stream().map(EfiFirmware::code).toList();
  }

  private static EfiFirmware of(String code, String variables) {
    return new EfiFirmware(Path.of(code), Path.of(variables));
  }
}
