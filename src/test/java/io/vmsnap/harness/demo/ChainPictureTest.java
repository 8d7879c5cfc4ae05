package io.vmsnap.harness.demo;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;

class ChainPictureTest {
  @Test
  void drawsEveryDiskAndMarksTheActiveOne() throws Exception {
    String svg =
        ChainPicture.draw(
            "a <title> & more",
            List.of(
                new ChainPicture.Link("web.vmdk", List.of("base"), "snapshot uid 1", "12 records"),
                new ChainPicture.Link("web-000001.vmdk", List.of("delta"), null, "20 records")));

    var document =
        DocumentBuilderFactory.newInstance()
            .newDocumentBuilder()
            .parse(new ByteArrayInputStream(svg.getBytes(StandardCharsets.UTF_8)));
    String text = document.getDocumentElement().getTextContent();
    assertThat(text)
        .contains("a <title> & more", "web.vmdk", "snapshot uid 1", "web-000001.vmdk")
        .containsOnlyOnce("You are here");
  }
}
