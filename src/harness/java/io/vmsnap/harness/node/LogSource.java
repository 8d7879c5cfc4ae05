package io.vmsnap.harness.node;

import java.nio.file.Path;
import java.util.function.BooleanSupplier;

/**
 * A container's log file.
 *
 * @param growing whether its container still runs
 */
record LogSource(Path file, BooleanSupplier growing) {}
