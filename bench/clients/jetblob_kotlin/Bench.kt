// jetblob in Kotlin: the same arguments and output as the other contenders.

import io.jetblob.Bucket
import io.jetblob.Store
import io.jetblob.WatchEvent
import java.nio.file.Path
import java.util.concurrent.atomic.AtomicInteger
import kotlin.time.Duration
import kotlin.time.DurationUnit
import kotlin.time.TimeSource
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.launch
import kotlinx.coroutines.runBlocking

private class Clock {
    private val start = TimeSource.Monotonic.markNow()
    private var first: Duration? = null

    fun entry() {
        first = first ?: start.elapsedNow()
    }

    fun stop() {
        val seconds = start.elapsedNow().toDouble(DurationUnit.SECONDS)
        val first = first?.let { ", \"first_ms\": ${it.toDouble(DurationUnit.MILLISECONDS)}" }.orEmpty()
        println("{\"seconds\": $seconds$first}")
    }
}

fun main(arguments: Array<String>) = runBlocking {
    Store.open(arguments[0]).use { store ->
        val bucket = store.bucket(arguments[1])
        val clock = Clock()
        work(bucket, clock, arguments[2], arguments.drop(3))
        clock.stop()
    }
}

private suspend fun work(bucket: Bucket, clock: Clock, work: String, what: List<String>) {
    when (work) {
        "put-file" -> bucket.putFile(Path.of(what[0]), "large")
        "get-file" -> bucket.get("large").collect {}
        "put-small" -> {
            val data = ByteArray(what[0].toInt()) { 7 }
            each(what) { bucket.putBytes(it, data) }
        }
        "get-small" -> each(what) { check(bucket.getBytes(it).size == what[0].toInt()) { it } }
        "first-byte" -> repeat(what[0].toInt()) { bucket.get("large").use { checkNotNull(it.next()) } }
        "list" -> {
            var listed = 0
            bucket.list().collect {
                clock.entry()
                listed += 1
            }
            check(listed == what[0].toInt()) { "$listed entries" }
        }
        "watch" -> bucket.watch().use { watch ->
            while (watch.next() is WatchEvent.Object) clock.entry()
        }
        else -> error("does no $work here")
    }
}

/** Does something with each small object, with so many at once. */
private suspend fun each(what: List<String>, act: suspend (String) -> Unit) = coroutineScope {
    val (count, atOnce) = what.drop(1).map(String::toInt)
    val next = AtomicInteger()
    repeat(atOnce) {
        launch {
            generateSequence { next.getAndIncrement().takeIf { it < count } }.forEach { act("small/$it") }
        }
    }
}
