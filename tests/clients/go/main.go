// Puts, gets, queries all pages, runs a transaction and aggregates through Go's client; prints what it found as JSON.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"log"
	"os"

	"cloud.google.com/go/datastore"
	"google.golang.org/api/iterator"
)

type song struct {
	Title  string
	Number int64
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

func main() {
	ctx := context.Background()
	client, err := datastore.NewClient(ctx, os.Getenv("DATASTORE_PROJECT_ID"))
	check(err)
	defer client.Close()
	found := map[string]any{}

	key := datastore.NameKey("Song", "waltz", nil)
	_, err = client.Put(ctx, key, &song{Title: "Blue", Number: 1})
	check(err)
	var got song
	check(client.Get(ctx, key, &got))
	found["title"] = got.Title

	_, err = client.RunInTransaction(ctx, func(tx *datastore.Transaction) error {
		var counted song
		if err := tx.Get(key, &counted); err != nil {
			return err
		}
		counted.Number++
		_, err := tx.Put(key, &counted)
		return err
	})
	check(err)
	check(client.Get(ctx, key, &got))
	found["number"] = got.Number
	check(client.Delete(ctx, key))
	found["deleted"] = client.Get(ctx, key, &got) == datastore.ErrNoSuchEntity

	var keys []*datastore.Key
	var songs []*song
	for k := int64(0); k < 450; k++ {
		keys = append(keys, datastore.NameKey("Song", fmt.Sprintf("%05d", k), nil))
		songs = append(songs, &song{Number: k})
	}
	_, err = client.PutMulti(ctx, keys, songs)
	check(err)

	paged := 0
	query := datastore.NewQuery("Song").Order("Number").Limit(100)
	for {
		page := client.Run(ctx, query)
		before := paged
		for {
			var one song
			if _, err := page.Next(&one); err == iterator.Done {
				break
			} else {
				check(err)
			}
			paged++
		}
		if paged == before {
			break
		}
		cursor, err := page.Cursor()
		check(err)
		query = query.Start(cursor)
	}
	found["paged"] = paged

	count, err := client.Count(ctx, datastore.NewQuery("Song").FilterField("Number", "<", 100))
	check(err)
	found["count"] = count
	check(json.NewEncoder(os.Stdout).Encode(found))
}
