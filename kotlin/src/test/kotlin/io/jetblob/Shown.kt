package io.jetblob

import java.time.Instant
import kotlin.time.Duration
import kotlin.time.DurationUnit

/** A result as JSON. Bytes stay bytes. */
fun shown(result: Any?): Any? = when (result) {
    is List<*> -> result.map(::shown)
    is Map<*, *> -> result.mapValues { shown(it.value) }
    is JetblobException -> mapOf(
        "code" to result.code,
        "retryable" to result.isRetryable,
        "bucket" to result.bucket,
        "name" to result.name,
    ).filterValues { it != null }
    is Duration -> result.toDouble(DurationUnit.SECONDS)
    is Instant -> result.epochSecond + result.nano / 1e9
    is Enum<*> -> result.name.lowercase()
    is ObjectInfo, is BucketStatus, is Link, is Placement, is Finding, is CheckReport, is GcReport -> fields(result)
    // A span that can't be missing is a bare number in its field.
    is Orphan -> fields(result) + ("age" to shown(result.age))
    is Object -> mapOf("info" to shown(result.info))
    is WatchEvent.CaughtUp -> "caught_up"
    is WatchEvent.Object -> mapOf("object" to shown(result.info))
    is Store, is Bucket, is Upload, is Watch, is Check, is Unit -> null
    else -> result
}

/** The fields, by their names in `surface.json`. */
private fun fields(record: Any): Map<String, Any?> = record.javaClass.declaredFields
    .filterNot { java.lang.reflect.Modifier.isStatic(it.modifiers) }
    .associate { field ->
        field.isAccessible = true
        snakeCase(field.name) to shown(field.get(record))
    }

fun snakeCase(name: String): String = name.replace(Regex("[A-Z]")) { "_${it.value.lowercase()}" }
