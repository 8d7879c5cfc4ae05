package io.vmsnap.hypervisor;

/**
 * Makes a new, empty delta the active disk.
 *
 * @param activeNode node that takes the guest's writes now
 * @param delta what takes them afterwards
 */
public record DiskSwitch(String activeNode, DiskLayer delta) {}
