package io.vmsnap.cli;

import java.util.List;

/**
 * A disk as {@code vmsnap info} shows it.
 *
 * @param chain descriptors, base first; the last one takes the writes
 */
record DiskView(String node, String name, long capacityBytes, List<String> chain) {}
