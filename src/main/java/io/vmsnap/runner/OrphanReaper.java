package io.vmsnap.runner;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.function.LongPredicate;

/**
 * The first process of a container inherits every process whose parent died, and nobody else can
 * take their exit statuses: without this they would stay as zombies until the process table is
 * full. Java waits only for the processes that it started itself.
 *
 * <p>Looks first ({@code WNOWAIT}) and leaves the runner's own child alone, because its status
 * belongs to Java. Does nothing in a process that is not the first.
 */
final class OrphanReaper {
  // <sys/wait.h> and <bits/types/siginfo_t.h> of Linux on 64-bit machines.
  private static final int P_ALL = 0;
  private static final int WNOHANG = 1;
  private static final int WEXITED = 4;
  private static final int WNOWAIT = 0x0100_0000;
  private static final int SIGINFO_BYTES = 128;
  private static final int SI_PID_OFFSET = 16;

  /** More at once wait for the next round. */
  private static final int MAX_PER_ROUND = 1000;

  private final boolean active;
  private final MethodHandle waitid;
  private final MethodHandle waitpid;

  OrphanReaper() {
    this(ProcessHandle.current().pid() == 1);
  }

  OrphanReaper(boolean active) {
    this.active = active;
    Linker linker = Linker.nativeLinker();
    waitid =
        linker.downcallHandle(
            linker.defaultLookup().find("waitid").orElseThrow(),
            FunctionDescriptor.of(
                ValueLayout.JAVA_INT,
                ValueLayout.JAVA_INT,
                ValueLayout.JAVA_INT,
                ValueLayout.ADDRESS,
                ValueLayout.JAVA_INT));
    waitpid =
        linker.downcallHandle(
            linker.defaultLookup().find("waitpid").orElseThrow(),
            FunctionDescriptor.of(
                ValueLayout.JAVA_INT,
                ValueLayout.JAVA_INT,
                ValueLayout.ADDRESS,
                ValueLayout.JAVA_INT));
  }

  /**
   * Takes the exit statuses of dead children, up to the first for which somebody else waits.
   *
   * @param awaited whether a process is one of those
   * @return how many there were
   */
  int reap(LongPredicate awaited) {
    if (!active) {
      return 0;
    }
    int count = 0;
    while (count < MAX_PER_ROUND) {
      int pid = nextDead();
      if (pid <= 0 || awaited.test(pid) || !take(pid)) {
        return count;
      }
      count++;
    }
    return count;
  }

  private int nextDead() {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment info = arena.allocate(SIGINFO_BYTES, Long.BYTES);
      int result = (int) waitid.invokeExact(P_ALL, 0, info, WEXITED | WNOHANG | WNOWAIT);
      return result == 0 ? info.get(ValueLayout.JAVA_INT, SI_PID_OFFSET) : -1;
    } catch (Throwable e) {
      throw new IllegalStateException("waitid cannot be called", e);
    }
  }

  private boolean take(int pid) {
    try {
      return (int) waitpid.invokeExact(pid, MemorySegment.NULL, WNOHANG) == pid;
    } catch (Throwable e) {
      throw new IllegalStateException("waitpid cannot be called", e);
    }
  }
}
