package io.vmsnap.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Default;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;
import io.fabric8.generator.annotation.Pattern;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;

/** The virtual hardware. Changes take effect at the next power-on. */
@JsonInclude(JsonInclude.Include.NON_NULL)
@JsonIgnoreProperties(ignoreUnknown = true)
public record Hardware(
    @JsonPropertyDescription("Virtual CPUs.") @Default("1") @Min(1) @Max(MAX_CPUS) Integer cpus,
    @JsonPropertyDescription("RAM of the guest, in Mi, Gi or Ti; at least 32Mi, at most 4Ti.")
        @Default(DEFAULT_MEMORY)
        @Pattern(BinarySize.PATTERN)
        @Size(max = BinarySize.MAX_LENGTH)
        @ValidationRule(
            value =
                "(self.endsWith('Ti') ? 1048576 : self.endsWith('Gi') ? 1024 : 1)"
                    + " * int(self.substring(0, self.size() - 2)) >= 32",
            message = "memory must be at least 32Mi")
        @ValidationRule(
            value =
                "(self.endsWith('Ti') ? 1048576 : self.endsWith('Gi') ? 1024 : 1)"
                    + " * int(self.substring(0, self.size() - 2)) <= 4194304",
            message = "memory must be at most 4Ti")
        String memory,
    @JsonPropertyDescription("Firmware: bios or efi.") @Default("bios") Firmware firmware,
    @JsonPropertyDescription(
            "A CPU model of QEMU, with features if needed, such as 'Haswell-v4' or"
                + " 'max,-avx2'. Without it: host under KVM, max under TCG.")
        @Pattern(CPU_MODEL)
        @Size(max = 256)
        String cpuModel,
    @JsonPropertyDescription(
            "auto takes KVM where the node offers it and TCG, QEMU's slower emulation, elsewhere;"
                + " kvm fails where there is none; tcg never uses it. The status says which is in"
                + " use.")
        @Default("auto")
        Accelerator accelerator) {

  public static final int MAX_CPUS = 128;
  public static final String DEFAULT_MEMORY = "1Gi";
  public static final long MIN_MEMORY_BYTES = 32L << 20;
  public static final long MAX_MEMORY_BYTES = 4L << 40;
  public static final String CPU_MODEL =
      "^[A-Za-z0-9][A-Za-z0-9._-]*(,[+-]?[a-z0-9._-]+(=(on|off))?)*$";

  public Hardware {
    cpus = cpus == null ? Integer.valueOf(1) : cpus;
    memory = memory == null ? DEFAULT_MEMORY : memory;
    firmware = firmware == null ? Firmware.BIOS : firmware;
    accelerator = accelerator == null ? Accelerator.AUTO : accelerator;
  }

  /** All defaults. */
  public static Hardware defaults() {
    return new Hardware(null, null, null, null, null);
  }

  /** How the guest is started. */
  public enum Firmware {
    @JsonProperty("bios")
    BIOS,
    @JsonProperty("efi")
    EFI;

    public String token() {
      return name().toLowerCase(java.util.Locale.ROOT);
    }
  }

  /** What executes the guest's instructions. */
  public enum Accelerator {
    @JsonProperty("auto")
    AUTO,
    @JsonProperty("kvm")
    KVM,
    @JsonProperty("tcg")
    TCG;

    public String token() {
      return name().toLowerCase(java.util.Locale.ROOT);
    }
  }
}
