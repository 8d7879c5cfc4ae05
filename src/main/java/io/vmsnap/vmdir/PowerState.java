package io.vmsnap.vmdir;

/** Whether the machine ran at the moment of a snapshot; the numbers stand in {@code .vmsn}. */
public enum PowerState {
  PoweredOff(0),
  PoweredOn(1);

  private final int code;

  PowerState(int code) {
    this.code = code;
  }

  int code() {
    return code;
  }

  static PowerState ofCode(String file, int code) throws DamagedFileException {
    for (PowerState state : values()) {
      if (state.code == code) {
        return state;
      }
    }
    throw new DamagedFileException(file, "power state at byte 48 is " + code + ", not 0 or 1");
  }
}
