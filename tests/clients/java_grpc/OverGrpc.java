import com.google.datastore.v1.BeginTransactionRequest;
import com.google.datastore.v1.BeginTransactionResponse;
import com.google.datastore.v1.CommitRequest;
import com.google.datastore.v1.CommitResponse;
import com.google.datastore.v1.DatastoreGrpc;
import com.google.datastore.v1.LookupRequest;
import com.google.datastore.v1.LookupResponse;
import com.google.datastore.v1.RunAggregationQueryRequest;
import com.google.datastore.v1.RunAggregationQueryResponse;
import com.google.datastore.v1.RunQueryRequest;
import com.google.datastore.v1.RunQueryResponse;
import io.grpc.ManagedChannel;
import io.grpc.netty.NettyChannelBuilder;

/** The generated stub over grpc-java and Netty, which Google's client of today stands on. */
public final class OverGrpc implements Steps.Peer {
  private final DatastoreGrpc.DatastoreBlockingStub stub;

  private OverGrpc(ManagedChannel channel) {
    this.stub = DatastoreGrpc.newBlockingStub(channel);
  }

  public static void main(String[] arguments) throws Exception {
    String[] address = System.getenv("DATASTORE_EMULATOR_HOST").split(":");
    ManagedChannel channel =
        NettyChannelBuilder.forAddress(address[0], Integer.parseInt(address[1])).usePlaintext().build();
    Steps.run(new OverGrpc(channel));
    channel.shutdownNow();
  }

  @Override
  public LookupResponse lookup(LookupRequest request) {
    return stub.lookup(request);
  }

  @Override
  public CommitResponse commit(CommitRequest request) {
    return stub.commit(request);
  }

  @Override
  public BeginTransactionResponse begin(BeginTransactionRequest request) {
    return stub.beginTransaction(request);
  }

  @Override
  public RunQueryResponse query(RunQueryRequest request) {
    return stub.runQuery(request);
  }

  @Override
  public RunAggregationQueryResponse aggregate(RunAggregationQueryRequest request) {
    return stub.runAggregationQuery(request);
  }
}
