package io.vmsnap.hypervisor;

import java.nio.file.Path;
import java.time.Duration;

/**
 * Where and how to save a running machine's RAM and device state.
 *
 * @param file written anew, whatever it held
 * @param offset byte at which the stream begins; what lies before stays a hole
 * @param method null for pre-copy, and a background snapshot of a guest that changes its RAM too
 *     fast for it
 * @param convergence time for which pre-copy follows a guest that keeps changing its RAM, before it
 *     stops the guest and writes what is left, or a background snapshot takes over
 * @param flush of the file
 * @param timeout for all of it
 */
public record MemorySave(
    Path file,
    long offset,
    MemoryMethod method,
    Duration convergence,
    MemoryFlush flush,
    Duration timeout) {}
