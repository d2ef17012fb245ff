package io.jetblob

import java.nio.file.Path
import kotlin.io.path.exists
import kotlin.io.path.readBytes
import kotlin.io.path.writeBytes
import kotlin.time.Duration.Companion.seconds
import kotlinx.coroutines.NonCancellable
import kotlinx.coroutines.flow.asFlow
import kotlinx.coroutines.flow.toList
import kotlinx.coroutines.withContext

typealias Step = Map<*, *>

/** The retries that `tests/vectors/errors.json` promises, by code. */
val RETRYABLE: Map<String, Map<*, *>> = (json(TOP.resolve("tests/vectors/errors.json"))["errors"] as List<*>)
    .associate { (it as Map<*, *>)["code"] as String to it }

/** A scenario under way; `tests/scenarios/README.md` says what it must do. */
class Scenario(private val place: Place) {
    private val saved = mutableMapOf<String, Any?>()
    private val stores = mutableListOf<Store>()
    private val uploads = mutableMapOf<Upload, Told>()

    /** Runs the steps; the first one that isn't as it should be throws. */
    suspend fun run(steps: List<Step>) {
        try {
            saved["store"] = open(null, StoreOptions())
            steps.forEachIndexed { number, step ->
                if ((step["only"] ?: place.engine) == place.engine) {
                    try {
                        step(Arguments(step - "only"))
                    } catch (mismatch: Mismatch) {
                        throw Mismatch("step $number, $step: ${mismatch.message}")
                    }
                }
            }
        } finally {
            withContext(NonCancellable) {
                stores.forEach { it.close() }
            }
        }
    }

    private suspend fun step(step: Arguments) {
        val on = step.maybe<String>("on")
        val call = step.need<String>("call")
        val name = step.maybe<String>("as")
        val expects = "expect" in step
        val expect = step.take("expect")
        val error = step.take("error")
        val told = Told()
        val result = try {
            call(target(on), call, step, told)
        } catch (failure: JetblobException) {
            if (error == null) throw failure
            match(value(if (error is String) mapOf("code" to error) else error), shown(failure))
            val promised = RETRYABLE.getValue(failure.code)
            if ("retryable_server_codes" !in promised) match(promised["retryable"], failure.isRetryable)
            step.end()
            if (name != null) saved[name] = failure
            return
        }
        step.end()
        if (error != null) throw Mismatch("it gave $result, and should have failed")
        if (result is Upload) uploads[result] = told else told.check()
        if (expects) match(value(expect), shown(result))
        if (name != null) saved[name] = result
    }

    private fun target(on: String?): Any? {
        if (on != null && on !in saved) throw Mismatch("$on was not saved")
        return saved[on]
    }

    private suspend fun call(on: Any?, call: String, step: Arguments, told: Told): Any? = when (on) {
        null -> runner(call, step)
        is Store -> store(on, call, step)
        is Bucket -> bucket(on, call, step, told)
        is Object -> reading(on, call, step, told)
        is Upload -> upload(on, call, step)
        is Watch -> when (call) {
            "next" -> on.next()
            "close" -> on.close()
            else -> unknown(call)
        }
        is Check -> when (call) {
            "next" -> on.next()
            "report" -> on.report
            else -> unknown(call)
        }
        else -> unknown(call)
    }

    private fun runner(call: String, step: Arguments): Any? = when (call) {
        "write_file" -> path(step).writeBytes(bytes(step))
        "read_file" -> path(step).takeIf { it.exists() }?.readBytes()
        "publish" -> place.publish(value(step.take("subject")) as String, bytes(step))
        else -> unknown(call)
    }

    private suspend fun open(url: String?, options: StoreOptions): Store =
        Store.open(url ?: place.url, options).also { stores += it }

    private suspend fun store(store: Store, call: String, step: Arguments): Any? = when (call) {
        "open" -> {
            val url = if ("url" in step) value(step.take("url")) as String else null
            open(url, step.within("options") {
                StoreOptions(
                    name = it.maybe("name"),
                    inboxPrefix = it.maybe("inbox_prefix"),
                    idleTimeout = seconds(it, "idle_timeout"),
                )
            })
        }
        "create_bucket" -> config(step, store::createBucket, store::createBucket)
        "update_bucket" -> config(step, store::updateBucket, store::updateBucket)
        "create_or_update_bucket" -> config(step, store::createOrUpdateBucket, store::createOrUpdateBucket)
        "bucket" -> store.bucket(step.need("name"))
        "delete_bucket" -> store.deleteBucket(step.need("name"))
        "bucket_names" -> store.bucketNames().toList()
        "buckets" -> store.buckets().toList()
        "suspend" -> store.suspend()
        "resume" -> store.resume()
        "close" -> store.close()
        else -> unknown(call)
    }

    private suspend fun config(
        step: Arguments,
        byName: suspend (String) -> Bucket,
        byConfig: suspend (BucketConfig) -> Bucket,
    ): Bucket = when (val given = value(step.take("config"))) {
        is String -> byName(given)
        is Map<*, *> -> {
            val config = Arguments(given)
            byConfig(configOf(config).also { config.end() })
        }
        else -> throw Mismatch("no config: $given")
    }

    private fun configOf(config: Arguments) = BucketConfig(
        name = config.need("name"),
        description = config.maybe("description") ?: "",
        ttl = seconds(config, "ttl"),
        maxBytes = config.maybe("max_bytes"),
        storage = config.maybe<String>("storage")?.let { Storage.valueOf(it.uppercase()) },
        replicas = config.maybe("replicas") ?: 1,
        placement = if ("placement" in config) {
            config.within("placement") { Placement(it.maybe("cluster") ?: "", strings(it.maybe("tags"))) }
        } else {
            null
        },
        compression = config.flag("compression"),
        metadata = texts(config.maybe("metadata")),
        plain = config.flag("plain"),
    )

    private suspend fun bucket(bucket: Bucket, call: String, step: Arguments, told: Told): Any? {
        val name by lazy { value(step.take("name")) as String }
        return when (call) {
            "name" -> bucket.name
            "status" -> bucket.status()
            "seal" -> bucket.seal()
            "put" -> put(bucket, step, told)
            "put_bytes" -> meta(step).let { bucket.putBytes(it, bytes(step)) }
            "put_string" -> meta(step).let { bucket.putString(it, step.need<String>("text")) }
            "put_file" -> bucket.putFile(path(step))
            "upload" -> {
                val meta = meta(step)
                options(step) {
                    bucket.upload(meta, it.flag("if_absent"), revision(it), seconds(it, "expires"), progress(it, told))
                }
            }
            "get" -> options(step) {
                bucket.get(name, range(it), it.flag("show_deleted"), consistency(it), it.flag("ignore_digest"))
            }
            "get_bytes" -> bucket.getBytes(name)
            "get_string" -> bucket.getString(name)
            "get_file" -> bucket.getFile(name, path(step))
            "info" -> options(step) { bucket.info(name, it.flag("show_deleted"), consistency(it)) }
            "update_meta" -> {
                val meta = meta(step)
                options(step) { bucket.updateMeta(name, meta, revision(it)) }
            }
            "rename" -> {
                val newName = step.need<String>("new_name")
                options(step) { bucket.rename(name, newName, revision(it)) }
            }
            "delete" -> options(step) { bucket.delete(name, revision(it)) }
            "purge" -> options(step) { bucket.purge(name, revision(it)) }
            "add_link" -> {
                val (meta, target) = meta(step) to target(step.need<String>("target")) as ObjectInfo
                options(step) { bucket.addLink(meta, target, it.flag("if_absent"), revision(it)) }
            }
            "add_bucket_link" -> {
                val (meta, target) = meta(step) to target(step.need<String>("target")) as Bucket
                options(step) { bucket.addBucketLink(meta, target, it.flag("if_absent"), revision(it)) }
            }
            "list" -> options(step) { bucket.list(it.maybe("prefix") ?: "", it.flag("show_deleted")) }.toList()
            "watch" -> options(step) {
                bucket.watch(
                    it.maybe("prefix") ?: "",
                    it.flag("include_history"),
                    it.flag("ignore_deletes"),
                    it.flag("updates_only"),
                    it.maybe("after"),
                )
            }
            "check" -> options(step) {
                bucket.check(level(it), subset(it), it.maybe("seed") ?: 0, seconds(it, "grace"))
            }
            "gc" -> options(step) { bucket.gc(seconds(it, "grace"), it.flag("dry_run")) }
            "resolve" -> bucket.resolve(target(step.need<String>("unknown")) as JetblobException)
            else -> unknown(call)
        }
    }

    private suspend fun put(bucket: Bucket, step: Arguments, told: Told): ObjectInfo {
        val (meta, bytes) = meta(step) to bytes(step)
        val pieces = step.maybe<Long>("pieces")?.toInt()
        val body = if (pieces == null) {
            bytes.asBody()
        } else {
            bytes.indices.step(pieces).map { bytes.copyOfRange(it, minOf(it + pieces, bytes.size)) }.asFlow().asBody()
        }
        return options(step) {
            bucket.put(meta, body, it.flag("if_absent"), revision(it), seconds(it, "expires"), progress(it, told))
        }
    }

    private suspend fun reading(reading: Object, call: String, step: Arguments, told: Told): Any? = when (call) {
        "next" -> if (step.flag("to_end")) joined(rest(reading)) else reading.next()
        "read" -> reading.read(step.need<Long>("size").toInt())
        "seek" -> {
            val from = SeekFrom.valueOf(step.need<String>("from").uppercase())
            reading.seek(step.need("offset"), from)
        }
        "range" -> listOf(reading.range.first, reading.range.last + 1)
        "is_verified" -> reading.isVerified
        "into_bytes" -> reading.intoBytes()
        "into_string" -> reading.intoString()
        "into_file" -> {
            val path = path(step)
            options(step) { reading.intoFile(path, progress(it, told)) }
        }
        "close" -> reading.close()
        else -> unknown(call)
    }

    private suspend fun rest(reading: Object): List<ByteArray> = buildList { while (true) add(reading.next() ?: break) }

    private suspend fun upload(upload: Upload, call: String, step: Arguments): Any? = when (call) {
        "write" -> upload.write(bytes(step))
        "finish" -> upload.finish().also { uploads.remove(upload)?.check() }
        "abort" -> upload.abort()
        else -> unknown(call)
    }

    // Arguments.

    private inline fun <T> options(step: Arguments, call: (Arguments) -> T): T {
        val options = Arguments(value(step.maybe<Map<*, *>>("options") ?: emptyMap<String, Any?>()) as Map<*, *>)
        // What nobody knows must not be passed over because the call fails.
        return try {
            call(options)
        } finally {
            options.end()
        }
    }

    private fun meta(step: Arguments): ObjectMeta = when (val given = value(step.take("meta"))) {
        is String -> ObjectMeta(given)
        is Map<*, *> -> Arguments(given).let { meta ->
            ObjectMeta(
                name = meta.need("name"),
                description = meta.maybe("description") ?: "",
                headers = (meta.maybe<Map<*, *>>("headers") ?: emptyMap<String, Any?>())
                    .entries.associate { it.key as String to strings(it.value as List<*>) },
                metadata = texts(meta.maybe("metadata")),
                chunkSize = meta.maybe("chunk_size"),
                link = if ("link" in meta) meta.within("link") { Link(it.need("bucket"), it.maybe("name")) } else null,
            ).also { meta.end() }
        }
        else -> throw Mismatch("no meta: $given")
    }

    private fun revision(options: Arguments): Long? = options.maybe("if_revision")

    private fun seconds(options: Arguments, key: String) = options.maybe<Number>(key)?.toDouble()?.seconds

    private fun level(options: Arguments): CheckLevel? =
        options.maybe<String>("level")?.let { CheckLevel.valueOf(it.uppercase()) }

    private fun subset(options: Arguments): Subset? {
        val (kind, of) = options.maybe<Map<*, *>>("subset")?.entries?.single() ?: return null
        return when (kind) {
            "percent" -> Subset.Percent((of as Number).toDouble())
            "part" -> Subset.Part((of as List<*>)[0] as Long, of[1] as Long)
            "bytes" -> Subset.Bytes(of as Long)
            else -> throw Mismatch("no subset: $kind")
        }
    }

    private fun consistency(options: Arguments): Consistency =
        options.maybe<String>("consistency")?.let { Consistency.valueOf(it.uppercase()) } ?: Consistency.READ_YOUR_WRITES

    private fun range(options: Arguments): ByteRange {
        if ("range" !in options) return ByteRange.All
        val given = options.take("range")
        if (given == "all") return ByteRange.All
        val (kind, of) = (given as Map<*, *>).entries.single()
        return when (kind) {
            "bounded" -> ByteRange.Bounded((of as List<*>)[0] as Long, of[1] as Long)
            "from" -> ByteRange.From(of as Long)
            "suffix" -> ByteRange.Suffix(of as Long)
            else -> throw Mismatch("no range: $given")
        }
    }

    private fun progress(options: Arguments, told: Told): ((Long) -> Unit)? {
        told.end = options.maybe<Long>("progress")
        return if (told.end == null) null else told.counts::add
    }

    private fun path(step: Arguments): Path = Path.of(value(step.take("path")) as String)

    private fun bytes(step: Arguments): ByteArray =
        value(step.take("body")) as? ByteArray ?: throw Mismatch("the body is no bytes")

    // Values.

    private fun value(value: Any?): Any? = when (value) {
        is Map<*, *> -> special(value) ?: value.mapValues { value(it.value) }
        is List<*> -> value.map(::value)
        else -> value
    }

    private fun special(value: Map<*, *>): Any? = when (value.keys) {
        setOf("$") -> looked(value["$"] as String)
        setOf("\$path") -> place.directory.resolve(value["\$path"] as String).toString()
        setOf("\$engine") -> value((value["\$engine"] as Map<*, *>)[place.engine])
        setOf("text") -> (value["text"] as? String)?.encodeToByteArray()
        setOf("hex") -> (value["hex"] as String).chunked(2).map { it.toInt(16).toByte() }.toByteArray()
        setOf("pattern") -> pattern(value["pattern"] as Long, 0)
        setOf("pattern", "from") -> pattern(value["pattern"] as Long, value["from"] as Long)
        else -> null
    }

    private fun looked(path: String): Any? {
        val fields = path.split(".")
        return fields.drop(1).fold(shown(target(fields.first()))) { found, field ->
            if (found !is Map<*, *> || field !in found) throw Mismatch("$path: there is no $field")
            found[field]
        }
    }
}

/** What a progress function is told. */
class Told {
    val counts: MutableList<Long> = java.util.Collections.synchronizedList(mutableListOf())
    var end: Long? = null

    fun check() {
        if (end != null && (counts != counts.sorted() || counts.lastOrNull() != end)) {
            throw Mismatch("progress: $end is expected, $counts was told")
        }
    }
}

/** So many bytes of the pattern. */
fun pattern(size: Long, from: Long = 0): ByteArray = ByteArray(size.toInt()) { ((from + it) % 251).toByte() }

fun joined(pieces: List<ByteArray>): ByteArray =
    java.io.ByteArrayOutputStream().also { all -> pieces.forEach(all::write) }.toByteArray()

private fun strings(given: List<*>?): List<String> = given.orEmpty().map { it as String }

private fun texts(given: Map<*, *>?): Map<String, String> =
    given.orEmpty().entries.associate { it.key as String to it.value as String }

private fun unknown(call: String): Nothing = throw Mismatch("there is no call $call")
