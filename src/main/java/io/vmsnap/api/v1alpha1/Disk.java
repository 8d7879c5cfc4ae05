package io.vmsnap.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Pattern;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;

/** A virtual disk. Its place in the list is its place on the machine's controller. */
@JsonInclude(JsonInclude.Include.NON_NULL)
@ValidationRule(
    value = "has(self.size) || has(self.source)",
    message = "a disk without a source is blank and needs a size")
@ValidationRule(
    value =
        "!has(self.size) || (self.size.endsWith('Ti') ? 1048576 : self.size.endsWith('Gi') ? 1024 :"
            + " 1) * int(self.size.substring(0, self.size.size() - 2)) <= 2088960",
    message = "size must be at most 2040Gi, the limit of VMFS sparse delta disks")
@ValidationRule(
    value =
        "!has(oldSelf.size) || (has(self.size) && (self.size.endsWith('Ti') ? 1048576 :"
            + " self.size.endsWith('Gi') ? 1024 : 1) * int(self.size.substring(0, self.size.size()"
            + " - 2)) >= (oldSelf.size.endsWith('Ti') ? 1048576 : oldSelf.size.endsWith('Gi') ?"
            + " 1024 : 1) * int(oldSelf.size.substring(0, oldSelf.size.size() - 2)))",
    message = "a disk cannot shrink")
@ValidationRule(
    value =
        "has(self.source) == has(oldSelf.source) && (!has(self.source) || self.source.path =="
            + " oldSelf.source.path)",
    message = "source is immutable: the disk was made from it")
@JsonIgnoreProperties(ignoreUnknown = true)
public record Disk(
    @Required
        @JsonPropertyDescription("Name of the disk, unique in the machine.")
        @Pattern(Names.DNS_LABEL)
        @Size(min = 1, max = 63)
        String name,
    @JsonPropertyDescription(
            "Size that the guest sees, in Mi, Gi or Ti; at most 2040Gi. A blank disk needs one; a"
                + " disk with a source takes the source's size without it. It cannot shrink.")
        @Pattern(BinarySize.PATTERN)
        @Size(max = BinarySize.MAX_LENGTH)
        String size,
    @JsonPropertyDescription("What the disk is made of. Without it the disk is blank.")
        Source source) {

  public static final long MAX_BYTES = 2040L << 30;
  public static final int MAX_COUNT = 15;

  /** An image that already lies in the machine's directory. */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  @JsonIgnoreProperties(ignoreUnknown = true)
  public record Source(
      @Required
          @JsonPropertyDescription(
              "A .vmdk descriptor or a raw image, relative to the machine's directory. With"
                  + " directory.adopt: VMware's disk of this place.")
          @Pattern(Names.DISK_PATH)
          @Size(min = 1, max = 255)
          String path) {}
}
