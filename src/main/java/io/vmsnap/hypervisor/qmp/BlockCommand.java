package io.vmsnap.hypervisor.qmp;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Commands on the block graph (QEMU {@code qapi/block-core.json}, {@code transaction.json}). */
final class BlockCommand {
  private BlockCommand() {}

  /**
   * Opens files as a node that no device uses yet.
   *
   * @param arguments {@code BlockdevOptions}
   */
  record BlockdevAdd(ObjectNode arguments) implements QmpCommand.WithoutAnswer {
    @Override
    public String name() {
      return "blockdev-add";
    }
  }

  /** Closes a node that nothing uses. */
  record BlockdevDel(String nodeName) implements QmpCommand.WithoutAnswer {
    @Override
    public String name() {
      return "blockdev-del";
    }

    @Override
    public JsonNode arguments() {
      return JsonNodeFactory.instance.objectNode().put("node-name", nodeName);
    }
  }

  /**
   * Changes options of a node in use, its backing node among them; options that are not named fall
   * back to their defaults.
   *
   * @param options {@code BlockdevOptions}
   */
  record BlockdevReopen(ObjectNode options) implements QmpCommand.WithoutAnswer {
    @Override
    public String name() {
      return "blockdev-reopen";
    }

    @Override
    public JsonNode arguments() {
      ObjectNode arguments = JsonNodeFactory.instance.objectNode();
      arguments.putArray("options").add(options);
      return arguments;
    }
  }

  /** Starts to copy the top node's data into the base node, following what the guest writes. */
  record BlockCommit(String job, String top, String base) implements QmpCommand.WithoutAnswer {
    @Override
    public String name() {
      return "block-commit";
    }

    @Override
    public JsonNode arguments() {
      return JsonNodeFactory.instance
          .objectNode()
          .put("job-id", job)
          .put("device", top)
          .put("base-node", base)
          .put("auto-dismiss", true);
    }
  }

  /** Lets a job that is ready switch the graph and end. */
  record JobComplete(String job) implements QmpCommand.WithoutAnswer {
    @Override
    public String name() {
      return "job-complete";
    }

    @Override
    public JsonNode arguments() {
      return JsonNodeFactory.instance.objectNode().put("id", job);
    }
  }

  /** Ends a job without switching the graph. */
  record JobCancel(String job) implements QmpCommand.WithoutAnswer {
    @Override
    public String name() {
      return "job-cancel";
    }

    @Override
    public JsonNode arguments() {
      return JsonNodeFactory.instance.objectNode().put("id", job);
    }
  }

  /** Ids of the jobs that are not over. */
  record QueryJobs() implements QmpCommand<Set<String>> {
    @Override
    public String name() {
      return "query-jobs";
    }

    @Override
    public Set<String> parse(JsonNode answer) {
      Set<String> ids = new HashSet<>();
      answer.forEach(job -> ids.add(job.path("id").asText()));
      return ids;
    }
  }

  /** Puts {@code overlay} between {@code node} and whoever writes to it. */
  record Snapshot(String node, String overlay) {}

  /** All of the snapshots or none, at one instant: QEMU drains every disk before the first. */
  record SnapshotTransaction(List<Snapshot> snapshots) implements QmpCommand.WithoutAnswer {
    @Override
    public String name() {
      return "transaction";
    }

    @Override
    public JsonNode arguments() {
      ObjectNode arguments = JsonNodeFactory.instance.objectNode();
      ArrayNode actions = arguments.putArray("actions");
      for (Snapshot snapshot : snapshots) {
        ObjectNode action = actions.addObject().put("type", "blockdev-snapshot");
        action.putObject("data").put("node", snapshot.node()).put("overlay", snapshot.overlay());
      }
      return arguments;
    }
  }

  /**
   * The graph with the names of all nodes. {@code query-block} tells files, not nodes, of a chain;
   * the members that would ({@code children} of {@code BlockDeviceInfo}) came with QEMU 10.1. This
   * debugging command has been the same since QEMU 4.0.
   */
  record QueryBlockGraph() implements QmpCommand<BlockGraph> {
    @Override
    public String name() {
      return "x-debug-query-block-graph";
    }

    @Override
    public BlockGraph parse(JsonNode answer) throws QmpProtocolException {
      return BlockGraph.parse(answer);
    }
  }
}
