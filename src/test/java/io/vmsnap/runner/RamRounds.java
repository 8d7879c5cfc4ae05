package io.vmsnap.runner;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Pattern;

/** What a guest that works on its RAM, as {@link RunnerMemoryIT} describes it, has printed. */
public final class RamRounds {
  private static final Pattern LINE =
      Pattern.compile(
          "^vmsnap: ram (\\d+) ([0-9a-f]{32}) (\\d+) ([\\d ]+) \\.\\s*$", Pattern.MULTILINE);

  private RamRounds() {}

  /**
   * One line.
   *
   * @param checksum of the file in RAM, which follows from the number and what the guest began with
   * @param openLines lines of the open file without a name; as many as rounds
   * @param counters one of each CPU
   */
  public record Round(int number, String checksum, int openLines, List<Integer> counters) {}

  /** All of them, in the order in which they were printed. */
  public static List<Round> of(String console) {
    return LINE.matcher(console)
        .results()
        .map(
            m ->
                new Round(
                    Integer.parseInt(m.group(1)),
                    m.group(2),
                    Integer.parseInt(m.group(3)),
                    Arrays.stream(m.group(4).split(" ")).map(Integer::valueOf).toList()))
        .toList();
  }

  /** All of them, cut where the guest went back to an earlier round. */
  public static List<List<Round>> betweenReturns(String console) {
    List<Round> all = of(console);
    List<List<Round>> parts = new ArrayList<>();
    int begin = 0;
    for (int i = 1; i < all.size(); i++) {
      if (all.get(i).number() <= all.get(i - 1).number()) {
        parts.add(all.subList(begin, i));
        begin = i;
      }
    }
    parts.add(all.subList(begin, all.size()));
    return parts;
  }
}
