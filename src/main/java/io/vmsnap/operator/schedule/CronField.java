package io.vmsnap.operator.schedule;

import java.util.BitSet;
import java.util.List;
import java.util.Locale;

/**
 * One field of a cron expression: the values that it admits.
 *
 * @param values admitted ones
 * @param any whether the field begins with a star, and so says nothing about the day
 */
record CronField(BitSet values, boolean any) {

  boolean admits(int value) {
    return values.get(value);
  }

  /**
   * @param name for errors, such as {@code hour}
   * @param text such as {@code 1-5,30/10}
   * @param max the greatest value, inclusive
   * @param names of the values from {@code min} on, in lower case; may be empty
   * @throws IllegalArgumentException if the text admits no such values
   */
  static CronField parse(String name, String text, int min, int max, List<String> names) {
    BitSet values = new BitSet(max + 1);
    for (String part : text.split(",", -1)) {
      add(values, name, part, min, max, names);
    }
    return new CronField(values, text.startsWith("*") || text.startsWith("?"));
  }

  private static void add(
      BitSet values, String name, String part, int min, int max, List<String> names) {
    String[] range = part.split("/", -1);
    boolean stepped = range.length == 2;
    if (range.length > 2) {
      throw bad(name, part, "has more than one step");
    }
    int step = stepped ? number(name, part, range[1], 1, max) : 1;
    int first = min;
    int last = max;
    if (!range[0].equals("*") && !range[0].equals("?")) {
      String[] ends = range[0].split("-", -1);
      if (ends.length > 2) {
        throw bad(name, part, "is no range");
      }
      first = value(name, part, ends[0], min, max, names);
      // 5/10 means from 5 on, every 10
      last = ends.length == 2 ? value(name, part, ends[1], min, max, names) : stepped ? max : first;
    }
    if (first > last) {
      throw bad(name, part, "begins after it ends");
    }
    for (int value = first; value <= last; value += step) {
      values.set(value);
    }
  }

  private static int value(
      String name, String part, String text, int min, int max, List<String> names) {
    int index = names.indexOf(text.toLowerCase(Locale.ROOT));
    return index >= 0 ? min + index : number(name, part, text, min, max);
  }

  private static int number(String name, String part, String text, int min, int max) {
    if (!text.matches("[0-9]{1,4}")) {
      throw bad(name, part, "is no number from " + min + " to " + max);
    }
    int number = Integer.parseInt(text);
    if (number < min || number > max) {
      throw bad(name, part, "is not from " + min + " to " + max);
    }
    return number;
  }

  private static IllegalArgumentException bad(String name, String part, String what) {
    return new IllegalArgumentException(name + " '" + part + "' " + what);
  }
}
