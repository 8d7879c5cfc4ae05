package io.vmsnap.harness.demo;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Draws a chain of disks with its snapshots as an SVG that reads on light and dark pages. */
final class ChainPicture {
  private static final int BOX_WIDTH = 230;
  private static final int BOX_HEIGHT = 112;
  private static final int GAP = 70;
  private static final int MARGIN = 30;
  private static final int TOP = 70;

  private ChainPicture() {}

  /**
   * One disk of the chain.
   *
   * @param file descriptor
   * @param detail lines below the name
   * @param snapshot the snapshot that froze it; null for the active disk
   * @param snapshotDetail a line below the snapshot's name
   */
  record Link(String file, List<String> detail, String snapshot, String snapshotDetail) {}

  static void write(Path file, String title, List<Link> chain) throws IOException {
    Files.createDirectories(file.toAbsolutePath().getParent());
    Files.writeString(file, draw(title, chain));
  }

  static String draw(String title, List<Link> chain) {
    int width = 2 * MARGIN + chain.size() * BOX_WIDTH + (chain.size() - 1) * GAP;
    int height = TOP + BOX_HEIGHT + 130;
    StringBuilder svg = new StringBuilder();
    svg.append(
        """
        <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%d" height="%d" role="img">
        <title>%s</title>
        <style>
          text { font: 13px ui-sans-serif, system-ui, sans-serif; fill: #24292f }
          .name { font-weight: 600; font-size: 15px } .small { font-size: 12px; fill: #57606a }
          .frozen { fill: #eaf2fb; stroke: #4a7fb5 } .active { fill: #e9f7ec; stroke: #2f8f46 }
          rect { stroke-width: 1.6 } .edge { stroke: #57606a; stroke-width: 1.6; fill: none }
          .flag { fill: #fff4d6; stroke: #b98900 } .here { font-weight: 600; fill: #2f8f46 }
        </style>
        <rect width="100%%" height="100%%" fill="#ffffff"/>
        <defs><marker id="arrow" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" orient="auto">
          <path d="M0 0 L8 4 L0 8 z" fill="#57606a"/></marker></defs>
        <text x="%d" y="36" class="name">%s</text>
        """
            .formatted(width, height, width, height, escaped(title), MARGIN, escaped(title)));
    for (int i = 0; i < chain.size(); i++) {
      link(svg, chain.get(i), MARGIN + i * (BOX_WIDTH + GAP), i);
    }
    return svg.append("</svg>\n").toString();
  }

  private static void link(StringBuilder svg, Link link, int x, int position) {
    boolean frozen = link.snapshot() != null;
    svg.append(
        "<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" rx=\"8\" class=\"%s\"/>%n"
            .formatted(x, TOP, BOX_WIDTH, BOX_HEIGHT, frozen ? "frozen" : "active"));
    text(svg, x + 14, TOP + 26, "name", link.file());
    int y = TOP + 48;
    for (String line : link.detail()) {
      text(svg, x + 14, y, "small", line);
      y += 18;
    }
    if (position > 0) {
      svg.append(
          "<path class=\"edge\" marker-end=\"url(#arrow)\" d=\"M%d %d H%d\"/>%n"
              .formatted(x, TOP + BOX_HEIGHT / 2, x - GAP + 3));
      text(svg, x - GAP + 14, TOP + BOX_HEIGHT / 2 - 8, "small", "parent");
    }
    int below = TOP + BOX_HEIGHT;
    svg.append("<path class=\"edge\" d=\"M%d %d V%d\"/>%n".formatted(x + 40, below, below + 32));
    if (frozen) {
      svg.append(
          "<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"54\" rx=\"6\" class=\"flag\"/>%n"
              .formatted(x + 14, below + 32, BOX_WIDTH - 28));
      text(svg, x + 26, below + 54, "name", link.snapshot());
      text(svg, x + 26, below + 74, "small", link.snapshotDetail());
    } else {
      text(svg, x + 14, below + 54, "here", "You are here");
      text(svg, x + 14, below + 74, "small", link.snapshotDetail());
    }
  }

  private static void text(StringBuilder svg, int x, int y, String style, String text) {
    svg.append(
        "<text x=\"%d\" y=\"%d\" class=\"%s\">%s</text>%n".formatted(x, y, style, escaped(text)));
  }

  private static String escaped(String text) {
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
  }
}
