package io.vmsnap.harness.bench.page;

import java.util.ArrayList;
import java.util.List;

/** All figures with their peers and ratios: for the terminal, and for the page. */
final class ResultTable {
  private static final List<String> HEAD =
      List.of("path", "size", "vmsnap", "peer", "peer's", "ratio");

  /** The columns of numbers. */
  private static final int FIRST_NUMBER = 2;

  private static final int PEER_NAME = 3;

  private ResultTable() {}

  /** Columns in line, for a terminal. */
  static String text(List<Figure> figures) {
    List<List<String>> rows = new ArrayList<>(List.of(HEAD));
    figures.forEach(figure -> rows.add(cells(figure)));
    StringBuilder text = new StringBuilder();
    for (List<String> row : rows) {
      StringBuilder line = new StringBuilder();
      for (int column = 0; column < row.size(); column++) {
        int at = column;
        int width = rows.stream().mapToInt(r -> r.get(at).length()).max().orElse(1);
        String form = isNumber(column) ? "%" + width + "s" : "%-" + width + "s";
        line.append("  ").append(String.format(form, row.get(column)));
      }
      text.append(line.toString().stripTrailing()).append('\n');
    }
    return text.toString();
  }

  static String markdown(List<Figure> figures) {
    StringBuilder text = new StringBuilder();
    text.append("| ").append(String.join(" | ", HEAD)).append(" |\n|");
    for (int column = 0; column < HEAD.size(); column++) {
      text.append(isNumber(column) ? "---:|" : "---|");
    }
    text.append('\n');
    for (Figure figure : figures) {
      text.append("| ").append(String.join(" | ", cells(figure))).append(" |\n");
    }
    return text.toString();
  }

  private static boolean isNumber(int column) {
    return column >= FIRST_NUMBER && column != PEER_NAME;
  }

  private static List<String> cells(Figure figure) {
    return List.of(
        figure.path(),
        figure.size(),
        Amount.of(figure.ours(), figure.unit()),
        figure.peerName() == null ? "" : figure.peerName(),
        figure.peer().isPresent()
            ? Amount.of(figure.peer().getAsDouble(), figure.unit())
            : figure.peerName() == null ? "" : "not measured",
        figure.peerName() == null ? "" : Amount.ratio(figure.ratio()));
  }
}
