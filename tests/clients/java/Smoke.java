import com.google.cloud.datastore.AggregationQuery;
import com.google.cloud.datastore.Cursor;
import com.google.cloud.datastore.Datastore;
import com.google.cloud.datastore.DatastoreOptions;
import com.google.cloud.datastore.Entity;
import com.google.cloud.datastore.EntityQuery;
import com.google.cloud.datastore.Key;
import com.google.cloud.datastore.Query;
import com.google.cloud.datastore.QueryResults;
import com.google.cloud.datastore.StructuredQuery.OrderBy;
import com.google.cloud.datastore.StructuredQuery.PropertyFilter;
import com.google.cloud.datastore.Transaction;
import com.google.cloud.datastore.aggregation.Aggregation;
import java.util.ArrayList;
import java.util.List;

/** Puts, gets, queries all pages, runs a transaction and aggregates; prints what it found as JSON. */
public final class Smoke {
  public static void main(String[] arguments) {
    Datastore datastore = DatastoreOptions.getDefaultInstance().getService();
    Key key = datastore.newKeyFactory().setKind("Song").newKey("waltz");
    datastore.put(Entity.newBuilder(key).set("title", "Blue").set("number", 1).build());
    String title = datastore.get(key).getString("title");

    Transaction transaction = datastore.newTransaction();
    long before = transaction.get(key).getLong("number");
    transaction.put(Entity.newBuilder(key).set("number", before + 1).build());
    transaction.commit();
    long number = datastore.get(key).getLong("number");
    datastore.delete(key);
    boolean deleted = datastore.get(key) == null;

    List<Entity> songs = new ArrayList<>();
    for (int k = 0; k < 450; k++) {
      Key one = datastore.newKeyFactory().setKind("Song").newKey(String.format("%05d", k));
      songs.add(Entity.newBuilder(one).set("number", k).build());
    }
    datastore.put(songs.toArray(new Entity[0]));

    int paged = 0;
    Cursor cursor = null;
    while (true) {
      EntityQuery.Builder query =
          Query.newEntityQueryBuilder().setKind("Song").setOrderBy(OrderBy.asc("number")).setLimit(100);
      if (cursor != null) {
        query.setStartCursor(cursor);
      }
      QueryResults<Entity> page = datastore.run(query.build());
      int found = 0;
      while (page.hasNext()) {
        page.next();
        found++;
      }
      if (found == 0) {
        break;
      }
      paged += found;
      cursor = page.getCursorAfter();
    }

    EntityQuery few = Query.newEntityQueryBuilder().setKind("Song").setFilter(PropertyFilter.lt("number", 100)).build();
    AggregationQuery counting =
        Query.newAggregationQueryBuilder().addAggregation(Aggregation.count().as("n")).over(few).build();
    long count = datastore.runAggregation(counting).get(0).getLong("n");
    System.out.printf(
        "{\"title\": \"%s\", \"number\": %d, \"deleted\": %b, \"paged\": %d, \"count\": %d}%n",
        title, number, deleted, paged, count);
  }
}
