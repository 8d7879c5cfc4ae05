package io.vmsnap.vmdir;

import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A disk's place on the virtual machine, VMware's node: controller and unit, as in {@code scsi0:0}.
 *
 * @param bus {@code scsi}, {@code sata}, {@code nvme} or {@code ide}
 */
public record DiskAddress(String bus, int controller, int unit) implements Comparable<DiskAddress> {
  /** Disks we place ourselves: four controllers of fifteen units. */
  public static final int MAX_DISKS = 60;

  private static final Pattern FORM = Pattern.compile("(scsi|sata|nvme|ide)(\\d{1,3}):(\\d{1,3})");
  private static final List<String> BUSES = List.of("scsi", "sata", "nvme", "ide");
  private static final int UNITS = 15;

  /** A SCSI controller answers on this unit itself. */
  private static final int CONTROLLER_UNIT = 7;

  /** The place of the disk with this position in the definition: 0 is {@code scsi0:0}. */
  public static DiskAddress ofPosition(int position) {
    if (position < 0 || position >= MAX_DISKS) {
      throw new IllegalArgumentException(
          "disk " + position + ": a virtual machine has at most " + MAX_DISKS + " disks");
    }
    int unit = position % UNITS;
    return new DiskAddress("scsi", position / UNITS, unit < CONTROLLER_UNIT ? unit : unit + 1);
  }

  /**
   * @throws IllegalArgumentException if the text is no such place
   */
  public static DiskAddress parse(String text) {
    Matcher matcher = FORM.matcher(text);
    if (!matcher.matches()) {
      throw new IllegalArgumentException("\"" + text + "\" is no disk node such as scsi0:0");
    }
    return new DiskAddress(
        matcher.group(1), Integer.parseInt(matcher.group(2)), Integer.parseInt(matcher.group(3)));
  }

  static boolean isAddress(String text) {
    return FORM.matcher(text).matches();
  }

  @Override
  public int compareTo(DiskAddress other) {
    int order = Integer.compare(BUSES.indexOf(bus), BUSES.indexOf(other.bus));
    order = order != 0 ? order : Integer.compare(controller, other.controller);
    return order != 0 ? order : Integer.compare(unit, other.unit);
  }

  // By hand: the generated ones are linked at their first call, and a starting job waits for that.
  @Override
  public boolean equals(Object other) {
    return other instanceof DiskAddress address
        && address.unit == unit
        && address.controller == controller
        && address.bus.equals(bus);
  }

  @Override
  public int hashCode() {
    return (bus.hashCode() * 31 + controller) * 31 + unit;
  }

  @Override
  public String toString() {
    return bus + controller + ":" + unit;
  }
}
