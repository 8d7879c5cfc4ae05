package io.vmsnap.api.v1alpha1;

/** Whether a virtual machine runs. */
public enum PowerState {
  PoweredOn,
  PoweredOff,
  /** Off, with its memory saved in the directory; the next power-on goes on from there. */
  Suspended
}
