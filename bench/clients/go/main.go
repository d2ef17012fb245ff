// nats.go's jetstream package: the same arguments and output as the other contenders.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"strconv"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// Without a deadline of the caller's it gives up a whole transfer after five seconds.
const patience = 10 * time.Minute

func main() {
	if err := run(os.Args[1], os.Args[2], os.Args[3], os.Args[4:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(place, name, work string, what []string) error {
	connection, err := nats.Connect(place)
	if err != nil {
		return err
	}
	defer connection.Close()
	js, err := jetstream.New(connection)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	bucket, err := js.ObjectStore(ctx, name)
	if err != nil {
		return err
	}
	number := func(at int) int {
		number, failed := strconv.Atoi(what[at])
		if failed != nil && err == nil {
			err = failed
		}
		return number
	}
	start, first := time.Now(), time.Duration(-1)
	entry := func() {
		if first < 0 {
			first = time.Since(start)
		}
	}
	switch work {
	case "put-file":
		err = putFile(ctx, bucket, what[0])
	case "get-file":
		_, err = get(ctx, bucket, "large", io.Discard)
	case "put-small":
		data := make([]byte, number(0))
		err = each(number(1), number(2), func(name string) error {
			_, err := bucket.PutBytes(ctx, name, data)
			return err
		})
	case "get-small":
		size := int64(number(0))
		err = each(number(1), number(2), func(name string) error {
			got, err := get(ctx, bucket, name, io.Discard)
			if err == nil && got != size {
				err = fmt.Errorf("%s has %d bytes", name, got)
			}
			return err
		})
	case "first-byte":
		for range number(0) {
			if err = firstByte(ctx, bucket); err != nil {
				break
			}
		}
	case "list":
		var entries []*jetstream.ObjectInfo
		entries, err = bucket.List(ctx)
		entry()
		if err == nil && len(entries) != number(0) {
			err = fmt.Errorf("%d entries", len(entries))
		}
	case "watch":
		var watcher jetstream.ObjectWatcher
		if watcher, err = bucket.Watch(ctx); err == nil {
			for range number(0) {
				<-watcher.Updates()
				entry()
			}
		}
	default:
		err = fmt.Errorf("has no %s", work)
	}
	if err != nil {
		return err
	}
	seconds := time.Since(start).Seconds()
	if first < 0 {
		fmt.Printf("{\"seconds\": %f}\n", seconds)
	} else {
		fmt.Printf("{\"seconds\": %f, \"first_ms\": %f}\n", seconds, first.Seconds()*1000)
	}
	return nil
}

func putFile(ctx context.Context, bucket jetstream.ObjectStore, path string) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	_, err = bucket.Put(ctx, jetstream.ObjectMeta{Name: "large"}, file)
	return err
}

func get(ctx context.Context, bucket jetstream.ObjectStore, name string, into io.Writer) (int64, error) {
	object, err := bucket.Get(ctx, name)
	if err != nil {
		return 0, err
	}
	defer object.Close()
	return io.Copy(into, object)
}

func firstByte(ctx context.Context, bucket jetstream.ObjectStore) error {
	object, err := bucket.Get(ctx, "large")
	if err != nil {
		return err
	}
	_, err = io.ReadFull(object, make([]byte, 1))
	object.Close()
	return err
}

// each does something with each small object, with so many at once.
func each(count, atOnce int, do func(name string) error) error {
	names, failures := make(chan string), make(chan error, atOnce)
	for range atOnce {
		go func() {
			var failed error
			for name := range names {
				if failed == nil {
					failed = do(name)
				}
			}
			failures <- failed
		}()
	}
	for index := range count {
		names <- "small/" + strconv.Itoa(index)
	}
	close(names)
	var failed error
	for range atOnce {
		if err := <-failures; err != nil {
			failed = err
		}
	}
	return failed
}
