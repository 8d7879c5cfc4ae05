package io.vmsnap.cli;

/**
 * A file as {@code vmsnap info} shows it.
 *
 * @param role what it is for
 * @param bytes its length
 * @param allocatedBytes what it takes on the volume
 */
record FileView(String name, String role, long bytes, long allocatedBytes) {}
