package io.jetblob

import kotlin.time.Duration.Companion.seconds
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.delay
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.withTimeout

/** Runs [test] on an empty store of each engine. */
fun onBoth(test: suspend CoroutineScope.(Store, Place) -> Unit) {
    for (engine in listOf("local", "jetstream")) on(engine, test)
}

/** Runs [test] on an empty store of this engine. */
fun on(engine: String, test: suspend CoroutineScope.(Store, Place) -> Unit): Unit = Place(engine).use { place ->
    runBlocking { withTimeout(120.seconds) { Store.open(place.url).use { test(it, place) } } }
}

/** The error that it ends with. */
suspend fun failure(call: suspend () -> Any?): JetblobException {
    val result = try {
        call()
    } catch (error: JetblobException) {
        return error
    }
    throw AssertionError("it gave $result, and should have failed")
}

/** Waits until the bucket keeps less than this. */
suspend fun Bucket.keepsLessThan(bytes: Long) {
    withTimeout(20.seconds) { while (status().size >= bytes) delay(5) }
}
