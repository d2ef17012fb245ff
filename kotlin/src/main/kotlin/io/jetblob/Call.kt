package io.jetblob

import io.jetblob.ffi.Count
import io.jetblob.ffi.Failure
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.currentCoroutineContext
import kotlinx.coroutines.ensureActive
import kotlinx.coroutines.launch

/** Makes a call of the library; one whose coroutine is cancelled already is not begun. */
internal suspend inline fun <T> call(work: () -> T): T {
    currentCoroutineContext().ensureActive()
    Threads.stay()
    return failing(work)
}

/** Makes a call that ends at once. */
internal inline fun <T> failing(work: () -> T): T =
    try {
        work()
    } catch (failure: Failure) {
        throw failure.lifted()
    }

/** Makes a call, and tells on the way how far it is. What [progress] throws ends the call, and comes out. */
internal suspend fun <T> telling(progress: ((Long) -> Unit)?, work: suspend (Count?) -> T): T {
    if (progress == null) return call { work(null) }
    val count = Count()
    return coroutineScope {
        launch { while (true) progress(count.next() ?: break) }
        call { work(count) }
    }
}
