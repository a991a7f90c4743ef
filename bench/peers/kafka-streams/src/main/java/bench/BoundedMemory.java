package bench;

import java.util.Map;
import org.apache.kafka.streams.state.RocksDBConfigSetter;
import org.rocksdb.*;

/** One budget for the block caches and write buffers of all stores of the process, as the documentation of Kafka Streams does it. */
public final class BoundedMemory implements RocksDBConfigSetter {
  static final String BYTES = "bench.rocks.bytes";
  private static Cache cache;
  private static WriteBufferManager buffers;

  private static synchronized void open(long bytes) {
    if (cache != null) return;
    cache = new LRUCache(bytes, -1, false, 0.1);
    buffers = new WriteBufferManager(bytes / 3, cache);
  }

  @Override
  public void setConfig(String storeName, Options options, Map<String, Object> configs) {
    open((Long) configs.get(BYTES));
    BlockBasedTableConfig table = (BlockBasedTableConfig) options.tableFormatConfig();
    table.setBlockCache(cache);
    table.setCacheIndexAndFilterBlocks(true);
    table.setCacheIndexAndFilterBlocksWithHighPriority(true);
    table.setPinTopLevelIndexAndFilter(true);
    options.setWriteBufferManager(buffers);
    options.setMaxWriteBufferNumber(2);
    options.setWriteBufferSize(8 << 20);
    options.setTableFormatConfig(table);
  }

  @Override
  public void close(String storeName, Options options) {}
}
