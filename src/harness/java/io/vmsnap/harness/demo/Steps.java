package io.vmsnap.harness.demo;

import java.io.PrintStream;
import java.time.Duration;
import java.time.Instant;

/**
 * Tells a person what goes on: one line a step, with a spinner and live text on a terminal, with a
 * mark and the time it took when it is over.
 */
final class Steps {
  private static final String[] SPINNER = {"⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"};
  private static final int TITLE_WIDTH = 34;
  private static final int NOTE_WIDTH = 62;

  private final PrintStream out;
  private final boolean interactive;
  private final Instant begin = Instant.now();

  Steps(PrintStream out, boolean interactive) {
    this.out = out;
    this.interactive = interactive;
  }

  /** A step's work; what it returns is the line's note. */
  interface Work {
    String run(Note note) throws Exception;
  }

  /** Text beside the spinner that changes while a step goes on. */
  interface Note {
    void show(String text);
  }

  void run(String title, Work work) throws Exception {
    Instant start = Instant.now();
    Spinner spinner = new Spinner(title, start);
    Thread painter = interactive ? Thread.ofVirtual().start(spinner) : null;
    try {
      String note = work.run(spinner);
      finish(painter, spinner);
      line(colored("32", "✓"), title, note, start);
    } catch (Exception e) {
      finish(painter, spinner);
      line(colored("31", "✗"), title, "failed", start);
      throw e;
    }
  }

  void heading(String text) {
    out.println();
    out.println(colored("1", text));
  }

  void text(String text) {
    text.lines().forEach(line -> out.println("    " + line));
    out.flush();
  }

  Duration sinceBegin() {
    return Duration.between(begin, Instant.now());
  }

  String colored(String code, String text) {
    return interactive && System.getenv("NO_COLOR") == null
        ? "\033[" + code + "m" + text + "\033[0m"
        : text;
  }

  private void finish(Thread painter, Spinner spinner) throws InterruptedException {
    if (painter != null) {
      spinner.stopped = true;
      painter.interrupt();
      painter.join();
      out.print("\r\033[K");
    }
  }

  private void line(String mark, String title, String note, Instant start) {
    out.printf(
        "  %s %-" + TITLE_WIDTH + "s %-" + NOTE_WIDTH + "s %6s%n",
        mark,
        title,
        note,
        seconds(start));
    out.flush();
  }

  private static String seconds(Instant start) {
    return "%.1f s".formatted(Duration.between(start, Instant.now()).toMillis() / 1000.0);
  }

  private final class Spinner implements Runnable, Note {
    private final String title;
    private final Instant start;
    private volatile String note = "";
    private volatile boolean stopped;

    Spinner(String title, Instant start) {
      this.title = title;
      this.start = start;
    }

    @Override
    public void show(String text) {
      note = text.length() > NOTE_WIDTH ? text.substring(0, NOTE_WIDTH - 1) + "…" : text;
    }

    @Override
    public void run() {
      for (int frame = 0; !stopped; frame++) {
        out.printf(
            "\r\033[K  %s %-" + TITLE_WIDTH + "s %-" + NOTE_WIDTH + "s %6s",
            colored("36", SPINNER[frame % SPINNER.length]),
            title,
            note,
            seconds(start));
        out.flush();
        try {
          Thread.sleep(100);
        } catch (InterruptedException e) {
          return;
        }
      }
    }
  }
}
