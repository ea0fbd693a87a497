"""Files in the models of multipart bodies. What is judged is a text that stands for the file; see `_fetch`."""

from dataclasses import dataclass
from typing import Annotated, Any, TypeAlias

from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from tallystick.runtime.types.core import Scalar
from tallystick.runtime.uploads import Upload


def _build() -> CoreSchema:
    return core_schema.json_or_python_schema(
        json_schema=core_schema.with_info_after_validator_function(_fetch, core_schema.str_schema(strict=True)),
        python_schema=core_schema.is_instance_schema(Upload),
        serialization=core_schema.plain_serializer_function_ser_schema(Upload.text),
    )


def _fetch(text: str, info: core_schema.ValidationInfo) -> Upload:
    """The file that the text stands for; in bodies without files, the text itself as one."""
    uploads: dict[str, Upload] = info.context or {}
    return uploads.get(text) or Upload.of(text.encode(), None, "text/plain")


Uploaded: TypeAlias = Annotated[Upload, Scalar(_build)]


@dataclass(frozen=True, slots=True)
class UploadSize:
    """`minLength` and `maxLength` of a file, in bytes."""

    minimum: int | None = None
    maximum: int | None = None

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_after_validator_function(self._check, handler(source))

    def _check(self, upload: Upload) -> Upload:
        if upload.size < (self.minimum or 0):
            raise PydanticCustomError("file_too_small", "The file is too small.")
        if self.maximum is not None and upload.size > self.maximum:
            raise PydanticCustomError("file_too_large", "The file is too large.")
        return upload
