package io.vmsnap.api.v1alpha1;

/** Whether a virtual machine runs. */
public enum PowerState {
  PoweredOn,
  PoweredOff
}
