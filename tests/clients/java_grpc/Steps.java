import com.google.datastore.v1.AggregationQuery;
import com.google.datastore.v1.BeginTransactionRequest;
import com.google.datastore.v1.BeginTransactionResponse;
import com.google.datastore.v1.CommitRequest;
import com.google.datastore.v1.CommitResponse;
import com.google.datastore.v1.Entity;
import com.google.datastore.v1.Key;
import com.google.datastore.v1.KindExpression;
import com.google.datastore.v1.LookupRequest;
import com.google.datastore.v1.LookupResponse;
import com.google.datastore.v1.Mutation;
import com.google.datastore.v1.PropertyOrder;
import com.google.datastore.v1.PropertyReference;
import com.google.datastore.v1.Query;
import com.google.datastore.v1.QueryResultBatch;
import com.google.datastore.v1.ReadOptions;
import com.google.datastore.v1.RunAggregationQueryRequest;
import com.google.datastore.v1.RunAggregationQueryResponse;
import com.google.datastore.v1.RunQueryRequest;
import com.google.datastore.v1.RunQueryResponse;
import com.google.datastore.v1.Value;
import com.google.protobuf.ByteString;
import com.google.protobuf.Int32Value;

/** What the smoke test does, over any client of the v1 API; it prints what it found as JSON. */
final class Steps {
  /** The calls that a client offers. */
  interface Peer {
    LookupResponse lookup(LookupRequest request) throws Exception;

    CommitResponse commit(CommitRequest request) throws Exception;

    BeginTransactionResponse begin(BeginTransactionRequest request) throws Exception;

    RunQueryResponse query(RunQueryRequest request) throws Exception;

    RunAggregationQueryResponse aggregate(RunAggregationQueryRequest request) throws Exception;
  }

  private static final String PROJECT = System.getenv("DATASTORE_PROJECT_ID");
  private static final KindExpression SONG = KindExpression.newBuilder().setName("Song").build();

  static void run(Peer peer) throws Exception {
    peer.commit(alone(Mutation.newBuilder().setUpsert(song("waltz", 1))));
    String title = read(peer, "waltz", ByteString.EMPTY).getPropertiesOrThrow("title").getStringValue();

    BeginTransactionRequest begin = BeginTransactionRequest.newBuilder().setProjectId(PROJECT).build();
    ByteString transaction = peer.begin(begin).getTransaction();
    long before = numberOf(read(peer, "waltz", transaction));
    peer.commit(
        CommitRequest.newBuilder()
            .setProjectId(PROJECT)
            .setMode(CommitRequest.Mode.TRANSACTIONAL)
            .setTransaction(transaction)
            .addMutations(Mutation.newBuilder().setUpdate(song("waltz", before + 1)))
            .build());
    long number = numberOf(read(peer, "waltz", ByteString.EMPTY));
    peer.commit(alone(Mutation.newBuilder().setDelete(key("waltz"))));
    boolean deleted = read(peer, "waltz", ByteString.EMPTY) == null;

    CommitRequest.Builder many = CommitRequest.newBuilder().setProjectId(PROJECT);
    many.setMode(CommitRequest.Mode.NON_TRANSACTIONAL);
    for (int k = 0; k < 450; k++) {
      many.addMutations(Mutation.newBuilder().setInsert(song(String.format("%05d", k), k)));
    }
    peer.commit(many.build());
    System.out.printf(
        "{\"title\": \"%s\", \"number\": %d, \"deleted\": %b, \"paged\": %d, \"count\": %d}%n",
        title, number, deleted, page(peer), count(peer));
  }

  private static int page(Peer peer) throws Exception {
    PropertyReference number = PropertyReference.newBuilder().setName("number").build();
    Query.Builder query = Query.newBuilder().addKind(SONG).setLimit(Int32Value.of(100));
    query.addOrder(PropertyOrder.newBuilder().setProperty(number));
    int paged = 0;
    while (true) {
      RunQueryRequest request = RunQueryRequest.newBuilder().setProjectId(PROJECT).setQuery(query).build();
      QueryResultBatch batch = peer.query(request).getBatch();
      if (batch.getEntityResultsCount() == 0) {
        return paged;
      }
      paged += batch.getEntityResultsCount();
      query.setStartCursor(batch.getEndCursor());
    }
  }

  private static long count(Peer peer) throws Exception {
    AggregationQuery.Builder query = AggregationQuery.newBuilder();
    query.setNestedQuery(Query.newBuilder().addKind(SONG).setLimit(Int32Value.of(100)));
    query.addAggregationsBuilder().setAlias("n").getCountBuilder();
    RunAggregationQueryRequest request =
        RunAggregationQueryRequest.newBuilder().setProjectId(PROJECT).setAggregationQuery(query).build();
    return peer.aggregate(request)
        .getBatch()
        .getAggregationResults(0)
        .getAggregatePropertiesOrThrow("n")
        .getIntegerValue();
  }

  private static Entity read(Peer peer, String name, ByteString transaction) throws Exception {
    LookupRequest.Builder request = LookupRequest.newBuilder().setProjectId(PROJECT).addKeys(key(name));
    if (!transaction.isEmpty()) {
      request.setReadOptions(ReadOptions.newBuilder().setTransaction(transaction));
    }
    LookupResponse reply = peer.lookup(request.build());
    return reply.getFoundCount() == 0 ? null : reply.getFound(0).getEntity();
  }

  private static CommitRequest alone(Mutation.Builder mutation) {
    return CommitRequest.newBuilder()
        .setProjectId(PROJECT)
        .setMode(CommitRequest.Mode.NON_TRANSACTIONAL)
        .addMutations(mutation)
        .build();
  }

  private static Key.Builder key(String name) {
    return Key.newBuilder().addPath(Key.PathElement.newBuilder().setKind("Song").setName(name));
  }

  private static Entity song(String name, long number) {
    return Entity.newBuilder()
        .setKey(key(name))
        .putProperties("title", Value.newBuilder().setStringValue("Blue").build())
        .putProperties("number", Value.newBuilder().setIntegerValue(number).build())
        .build();
  }

  private static long numberOf(Entity entity) {
    return entity.getPropertiesOrThrow("number").getIntegerValue();
  }
}
