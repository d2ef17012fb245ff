package io.jetblob

import kotlinx.coroutines.ExperimentalCoroutinesApi
import kotlinx.coroutines.flow.AbstractFlow
import kotlinx.coroutines.flow.FlowCollector

/**
 * A flow of what comes once: a second collection goes on where the first one ended. A collection that ends, in whatever
 * way, closes it.
 */
@OptIn(ExperimentalCoroutinesApi::class)
public abstract class Once<T : Any> internal constructor() : AbstractFlow<T>(), AutoCloseable {
    /** The next one, or `null` at the end. When it is cancelled, nothing is lost: the next call gives what it would have. */
    public abstract suspend fun next(): T?

    override suspend fun collectSafely(collector: FlowCollector<T>): Unit = use {
        while (true) collector.emit(next() ?: break)
    }
}
