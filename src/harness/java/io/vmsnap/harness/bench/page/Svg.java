package io.vmsnap.harness.bench.page;

import java.util.Locale;

/** The text of an SVG picture that is legible on light and on dark pages. */
final class Svg {
  /** Each stands out from white and from black. */
  private static final String[] COLOURS = {
    "#2f81d7", "#d1661f", "#2f9e44", "#9161d8", "#c2498f", "#0f9aa8"
  };

  private final StringBuilder text = new StringBuilder();

  /** Begins a picture. */
  Svg(int width, int height, String title) {
    line(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" width=\"%d\""
            + " height=\"%d\" role=\"img\">",
        width, height, width, height);
    line("<title>%s</title>", escape(title));
    text.append(
        """
        <style>
          text { font: 12px ui-sans-serif, system-ui, sans-serif; fill: #57606a }
          .title { font-weight: 600; font-size: 15px; fill: #24292f }
          .grid { stroke: #8c959f; stroke-opacity: .35 } .axis { stroke: #8c959f }
          @media (prefers-color-scheme: dark) { text { fill: #adb5bd } .title { fill: #f0f3f6 } }
        </style>
        """);
    text(16, 24, "start", "title", title);
  }

  static String colour(int number) {
    return COLOURS[number % COLOURS.length];
  }

  void line(double x1, double y1, double x2, double y2, String type) {
    line("<path class=\"%s\" d=\"M%.1f %.1fL%.1f %.1f\"/>", type, x1, y1, x2, y2);
  }

  /**
   * @param anchor {@code start}, {@code middle} or {@code end}: which part of the text is at x
   * @param type of the style; empty for plain text
   */
  void text(double x, double y, String anchor, String type, String words) {
    line(
        "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\"%s>%s</text>",
        x, y, anchor, type.isEmpty() ? "" : " class=\"" + type + "\"", escape(words));
  }

  /** Text that runs upwards, for the axis at the left. */
  void upwards(double x, double y, String words) {
    line(
        "<text transform=\"translate(%.1f %.1f) rotate(-90)\" text-anchor=\"middle\">%s</text>",
        x, y, escape(words));
  }

  /** A form of its own for each number, so that lines are told apart without colours. */
  void marker(double x, double y, int number) {
    String form =
        switch (number % 4) {
          case 0 -> "M%1$.1f %2$.1fm-4 0a4 4 0 1 0 8 0a4 4 0 1 0 -8 0z";
          case 1 -> "M%1$.1f %2$.1fm-4 -4h8v8h-8z";
          case 2 -> "M%1$.1f %2$.1fm0 -5l5 5l-5 5l-5 -5z";
          default -> "M%1$.1f %2$.1fm0 -5l5 9h-10z";
        };
    line("<path fill=\"%s\" d=\"%s\"/>", colour(number), String.format(Locale.ROOT, form, x, y));
  }

  void line(String format, Object... values) {
    text.append(String.format(Locale.ROOT, format, values)).append('\n');
  }

  static String escape(String words) {
    return words.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
  }

  @Override
  public String toString() {
    return text + "</svg>\n";
  }
}
