"""The thin subclass of fastapi-code-generator's parser that makes the models.

The parser reads the structure of the schemas (classes, fields, enumerations) and renders it by our templates; names,
types and defaults come from our plans, because its own types do not judge as JSON Schema does.
"""

from __future__ import annotations

import json
import warnings
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from datamodel_code_generator import OpenAPIScope, PythonVersion
from datamodel_code_generator.model import pydantic_v2

from tallystick.generator.models_shapes import PREFIX

with warnings.catch_warnings():
    # Its models use what Pydantic calls deprecated.
    warnings.simplefilter("ignore")
    from fastapi_code_generator.parser import OpenAPIParser

_TEMPLATES = Path(__file__).parent / "model_templates"


class ModelParser(OpenAPIParser):  # type: ignore[misc]  # the package ships no types
    """Parses component schemas only, offline, and keeps every model it is given.

    It gets the schemas by their Python names: it takes the dots of others for modules.
    """

    def __init__(self, schemas: Mapping[str, Any], names: Mapping[str, str], data: Mapping[str, Any]) -> None:
        self._own = {names[name]: name for name in schemas}
        document = {"openapi": "3.1.0", "info": {"title": "-", "version": "-"}, "paths": {}}
        template_data: defaultdict[str, dict[str, Any]] = defaultdict(dict)
        template_data.update({PREFIX + names[name]: dict(each) for name, each in data.items()})
        super().__init__(
            json.dumps({**document, "components": {"schemas": {names[name]: each for name, each in schemas.items()}}}),
            data_model_type=pydantic_v2.BaseModel,
            data_model_root_type=pydantic_v2.RootModel,
            data_type_manager_type=pydantic_v2.DataTypeManager,
            data_model_field_type=pydantic_v2.DataModelField,
            custom_template_dir=_TEMPLATES,
            extra_template_data=template_data,
            custom_class_name_generator=lambda name: name,
            target_python_version=PythonVersion.PY_311,
            use_annotated=True,
            strict_nullable=True,
            allow_remote_refs=False,
        )
        self.openapi_scopes = [OpenAPIScope.Schemas]

    def render(self) -> dict[str, str]:
        """The source of each model by the name of its schema."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            self.parse_raw()
            return {
                self._own[model.reference.path.removeprefix(PREFIX)]: model.render()
                for model in self.results
                if model.reference
            }

    def _collapse_root_model(self, data_type: Any) -> Any:
        """Leaves references alone: an alias stays a name of its own."""
        return data_type
