// nats.go's jetstream package, driven line by line: see ../README.md.
package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// Without a deadline of the caller's it gives up a whole transfer after five seconds. A list and a watch that hang are
// a known fault, and cost this much each time.
const (
	patience         = 20 * time.Second
	patienceForLists = 6 * time.Second
)

type request struct {
	Op           string              `json:"op"`
	URL          string              `json:"url"`
	Bucket       string              `json:"bucket"`
	Name         string              `json:"name"`
	NewName      string              `json:"new_name"`
	TargetBucket string              `json:"target_bucket"`
	Target       string              `json:"target"`
	File         string              `json:"file"`
	Piece        int                 `json:"piece"`
	ChunkSize    uint32              `json:"chunk_size"`
	Description  string              `json:"description"`
	Headers      map[string][]string `json:"headers"`
	Metadata     map[string]string   `json:"metadata"`
	TTL          int64               `json:"ttl"`
	MaxBytes     int64               `json:"max_bytes"`
	Compression  bool                `json:"compression"`
}

type absent string

func (what absent) Error() string { return string(what) }

// pieces gives at most so many bytes with each read.
type pieces struct {
	io.Reader
	size int
}

func (p pieces) Read(into []byte) (int, error) {
	return p.Reader.Read(into[:min(len(into), p.size)])
}

func told(info *jetstream.ObjectInfo) map[string]any {
	var link any
	if info.Opts != nil && info.Opts.Link != nil {
		to := map[string]any{"bucket": info.Opts.Link.Bucket, "name": nil}
		if info.Opts.Link.Name != "" {
			to["name"] = info.Opts.Link.Name
		}
		link = to
	}
	headers, metadata := info.Headers, info.Metadata
	if headers == nil {
		headers = nats.Header{}
	}
	if metadata == nil {
		metadata = map[string]string{}
	}
	return map[string]any{
		"name": info.Name, "bucket": info.Bucket, "size": info.Size, "chunks": info.Chunks, "digest": info.Digest,
		"description": info.Description, "headers": headers, "metadata": metadata,
		"link": link, "deleted": info.Deleted,
	}
}

func meta(r request, name string) jetstream.ObjectMeta {
	meta := jetstream.ObjectMeta{
		Name: name, Description: r.Description, Headers: r.Headers, Metadata: r.Metadata,
	}
	if r.ChunkSize > 0 {
		meta.Opts = &jetstream.ObjectMetaOptions{ChunkSize: r.ChunkSize}
	}
	return meta
}

func create(ctx context.Context, js jetstream.JetStream, r request) error {
	config := jetstream.ObjectStoreConfig{
		Bucket: r.Bucket, Description: r.Description, TTL: time.Duration(r.TTL) * time.Second,
		MaxBytes: r.MaxBytes, Compression: r.Compression, Metadata: r.Metadata,
	}
	_, err := js.CreateObjectStore(ctx, config)
	return err
}

func put(ctx context.Context, bucket jetstream.ObjectStore, r request) error {
	content, err := os.ReadFile(r.File)
	if err != nil {
		return err
	}
	var body io.Reader = bytes.NewReader(content)
	if r.Piece > 0 {
		body = pieces{body, r.Piece}
	}
	_, err = bucket.Put(ctx, meta(r, r.Name), body)
	return err
}

func get(ctx context.Context, bucket jetstream.ObjectStore, r request) error {
	content, err := bucket.GetBytes(ctx, r.Name)
	if err != nil {
		return err
	}
	return os.WriteFile(r.File, content, 0o600)
}

func rename(ctx context.Context, bucket jetstream.ObjectStore, r request) error {
	info, err := bucket.GetInfo(ctx, r.Name)
	if err != nil {
		return err
	}
	info.Name = r.NewName
	return bucket.UpdateMeta(ctx, r.Name, info.ObjectMeta)
}

func link(ctx context.Context, js jetstream.JetStream, bucket jetstream.ObjectStore, r request) error {
	from, err := js.ObjectStore(ctx, r.TargetBucket)
	if err != nil {
		return err
	}
	if r.Op == "bucket_link" {
		_, err = bucket.AddBucketLink(ctx, r.Name, from)
		return err
	}
	target, err := from.GetInfo(ctx, r.Target)
	if err != nil {
		return err
	}
	_, err = bucket.AddLink(ctx, r.Name, target)
	return err
}

func list(ctx context.Context, bucket jetstream.ObjectStore) (any, error) {
	listed, err := bucket.List(ctx)
	all := []any{}
	for _, info := range listed {
		all = append(all, told(info))
	}
	// An empty bucket is an error here.
	if errors.Is(err, jetstream.ErrNoObjectsFound) {
		return all, nil
	}
	return all, err
}

func watch(ctx context.Context, bucket jetstream.ObjectStore) (any, error) {
	watcher, err := bucket.Watch(ctx)
	if err != nil {
		return nil, err
	}
	defer watcher.Stop()
	all := []any{}
	for {
		select {
		case info := <-watcher.Updates():
			if info == nil {
				return all, nil
			}
			all = append(all, told(info))
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

func status(ctx context.Context, bucket jetstream.ObjectStore) (any, error) {
	status, err := bucket.Status(ctx)
	if err != nil {
		return nil, err
	}
	metadata := map[string]string{}
	for name, value := range status.Metadata() {
		metadata[name] = value
	}
	var maxBytes any
	if full, ok := status.(*jetstream.ObjectBucketStatus); ok && full.StreamInfo().Config.MaxBytes > 0 {
		maxBytes = full.StreamInfo().Config.MaxBytes
	}
	return map[string]any{
		"description": status.Description(), "ttl": int64(status.TTL() / time.Second), "max_bytes": maxBytes,
		"sealed": status.Sealed(), "compressed": status.IsCompressed(), "metadata": metadata,
	}, nil
}

func answer(js jetstream.JetStream, r request) (any, error) {
	limit := patience
	if r.Op == "list" || r.Op == "watch" {
		limit = patienceForLists
	}
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	if r.Op == "create" {
		return nil, create(ctx, js, r)
	}
	bucket, err := js.ObjectStore(ctx, r.Bucket)
	if err != nil {
		return nil, err
	}
	switch r.Op {
	case "put":
		return nil, put(ctx, bucket, r)
	case "get":
		return nil, get(ctx, bucket, r)
	case "info":
		info, err := bucket.GetInfo(ctx, r.Name)
		if err != nil {
			return nil, err
		}
		return told(info), nil
	case "update":
		return nil, bucket.UpdateMeta(ctx, r.Name, meta(r, r.Name))
	case "rename":
		return nil, rename(ctx, bucket, r)
	case "delete":
		return nil, bucket.Delete(ctx, r.Name)
	case "link", "bucket_link":
		return nil, link(ctx, js, bucket, r)
	case "list":
		return list(ctx, bucket)
	case "watch":
		return watch(ctx, bucket)
	case "seal":
		return nil, bucket.Seal(ctx)
	case "status":
		return status(ctx, bucket)
	}
	return nil, absent("no such operation")
}

func version() string {
	build, _ := debug.ReadBuildInfo()
	for _, module := range build.Deps {
		if module.Path == "github.com/nats-io/nats.go" {
			return strings.TrimPrefix(module.Version, "v")
		}
	}
	return "unknown"
}

func main() {
	var js jetstream.JetStream
	lines := bufio.NewReader(os.Stdin)
	for {
		line, err := lines.ReadBytes('\n')
		if err != nil {
			return
		}
		var r request
		var value any
		if err = json.Unmarshal(line, &r); err == nil {
			if r.Op == "hello" {
				var connection *nats.Conn
				if connection, err = nats.Connect(r.URL); err == nil {
					js, err = jetstream.New(connection)
					value = map[string]string{"version": version()}
				}
			} else {
				value, err = answer(js, r)
			}
		}
		answered := map[string]any{"value": value}
		var lacking absent
		if errors.As(err, &lacking) {
			answered = map[string]any{"absent": string(lacking)}
		} else if err != nil {
			answered = map[string]any{"error": err.Error()}
		}
		text, err := json.Marshal(answered)
		if err != nil {
			panic(err)
		}
		fmt.Println(string(text))
	}
}
